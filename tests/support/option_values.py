"""Values for every option: what it refuses, and what it takes."""

from __future__ import annotations

import decimal
import enum
import fractions
import io
import math
import subprocess
import types
from pathlib import Path

import numpy

from boxed import Limits

HERE = Path(__file__).parent


class Word(str, enum.Enum):
    """Text, of which str() says something else."""

    PICKLE = "pickle"
    AUTO = "auto"
    NOBODY = "nobody"
    NAME = "A"
    JSON = "json"


class Number(enum.IntEnum):
    ONE = 1


class Empty(enum.Enum):
    """A class over which one can iterate, and there is nothing."""


class Path2(str):
    """Text of the caller's own kind."""

    __slots__ = ()


# What no option takes, but for those that the table takes it out of.
STRANGE = (object(), 1j, types, len, ..., Empty, numpy.arange(3))
# Of each option that says yes or no.
NOT_BOOL = ("no", "yes", "", 0, 1, None, [], ["example.org"], numpy.True_)
# Of each that names several things.
NOT_SEVERAL = (None, 0, 1, True, "os", b"os", {"os": 1}, int, Empty)
NOT_TEXT = (None, True, 0, b"pickle", ["pickle"], {"pickle"})
# Of each that counts something.
NOT_WHOLE = (None, True, "1", b"1", 1.0, [1], math.nan, decimal.Decimal(1))
NOT_COUNTS = (-1, 10**30, -(10**30), 10**5000)
# Of each that counts bytes.
NOT_SIZES = (
    *(one for one in (*NOT_WHOLE, *NOT_COUNTS) if type(one) is not str),
    *("", "M", ".5M", "1.M", "1.5", "-1M", "+1M", " 1M", "1M\n", "1 M", "1e3"),
    *(
        "1MB",
        "1MiB",
        "1B",
        "2E",
        "0x1M",
        "1_000",
        "1,5M",
        "1.5.5M",
        "9" * 5000,
    ),
    *("\u0661M", "1\u212a", "\xb2M", "1000000000000T"),
)
SIZES = {
    "1048576": 1 << 20,
    "1M": 1 << 20,
    "1m": 1 << 20,
    "2048K": 2 << 20,
    "1.5G": 3 << 29,
    "0.5T": 1 << 39,
    "1.1G": (11 << 30) // 10,
    Path2("2M"): 2 << 20,
}
NOT_SECONDS = (
    *("1", b"1", True, False, 0, 0.0, -1, -math.inf, math.nan, [1], 1j),
    *(numpy.float64("nan"), numpy.True_, numpy.ones(1), -(10**400)),
    *(decimal.Decimal("NaN"), decimal.Decimal("-1"), fractions.Fraction(0)),
    decimal.Decimal("sNaN"),
    *(numpy.timedelta64(5, "s"), numpy.timedelta64(5, "ms")),
)
SECONDS = (
    *(None, 5, 5.5, 10**400, math.inf, 1e300, numpy.float32(5)),
    *(numpy.int64(5), decimal.Decimal("5.5"), fractions.Fraction(11, 2)),
    *(decimal.Decimal("1e999"), decimal.Decimal("Infinity"), Number.ONE),
)


def closed_file() -> io.BytesIO:
    file = io.BytesIO()
    file.close()
    return file


class File(io.StringIO):
    """It can be written to, and compared with nothing."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]


NOT_FILES = (
    *(True, False, 0, 1, -1, -3.0, subprocess.PIPE, "a.txt", b"", [], Path()),
    *(io.StringIO, types.SimpleNamespace(write=5), closed_file()),
    *(io.BufferedReader(io.BytesIO()), numpy.arange(-3, 0)),
)
FILES = (
    *(None, subprocess.DEVNULL, "capture", io.StringIO(), io.BytesIO()),
    *(types.SimpleNamespace(write=len), io.TextIOWrapper(io.BytesIO())),
    *(File(), len),
)
NOT_SOURCES = (
    *(True, False, 0, 1, -1, -3.0, subprocess.PIPE, [], [b"a"], Path()),
    *(io.StringIO, types.SimpleNamespace(read=5), closed_file()),
    *(io.BufferedWriter(io.BytesIO()), numpy.arange(-3, 0), "\ud800"),
)
SOURCES = (
    *(None, subprocess.DEVNULL, b"a", "a", bytearray(b"a"), memoryview(b"a")),
    *("", io.StringIO("a"), io.BytesIO(b"a"), Word.NAME, File("a")),
    types.SimpleNamespace(read=lambda size: b""),
)
NO_PATHS = (
    *(one for one in NOT_SEVERAL if one is not None),
    *([""], [b"/usr"], [None], [5], ["/us\0r"], [Path], "/usr", Path("/usr")),
)
# A sandbox has its own of these.
NOT_PATHS = (
    *(None, *NO_PATHS, ["/"], ["/proc"], ["/dev"], ["/sys"], ["/tmp"]),
    *(["//"], ["///"], ["//proc"], ["//tmp/."]),
)
PATHS = (
    *([], (), [str(HERE)], {HERE}, (x for x in [HERE]), [Path2(HERE)]),
    [f"/{HERE}"],
)
NOT_NAMES = (
    *NOT_SEVERAL,
    *(["os", 5], [None], [b"os"], [""], [".os"], ["os..path"], ["o\0s"]),
    *(["\ud800"], Path("os")),
)
NAMES = ([], (), ["os"], {"os"}, ("os",), [Path2("os.path")], iter(["os"]))

NOT_CLASSES = (
    *NOT_SEVERAL,
    *([5], ["int"], [None], [list[int]], [0], [Number.ONE]),
)
CLASSES = ([], (Path2,), {Path2}, iter([Path2]))

# What is refused, and what is taken.
TABLE = {
    "serializer": (
        (*NOT_TEXT, "yaml", "", "Pickle", "pickle\0", numpy.str_("x")),
        ("pickle", "json", Word.PICKLE, Path2("json")),
    ),
    "timeout": (NOT_SECONDS, SECONDS),
    "user": (
        (*NOT_TEXT, 65534, "no\0body", "\ud800"),
        ("nobody", Word.NOBODY, Path2("nobody")),
    ),
    "imports": (NOT_NAMES, NAMES),
    "preload": (NOT_NAMES, NAMES),
    "limits": (
        *((({}, [], (), 0, 1, "", False, {"memory": 1 << 20}, Limits),)),
        (None, Limits(), Limits(memory=1 << 26)),
    ),
    "isolation": (
        (*NOT_TEXT, "", "none", "Full", "full ", ("auto",)),
        ("auto", Word.AUTO),
    ),
    "path": (
        (*NO_PATHS, [__file__], ["/etc/passwd"], ["/dev/null"]),
        (None, [], (), [str(HERE)], [HERE], (x for x in [HERE])),
    ),
    "read": (NOT_PATHS, PATHS),
    "write": (NOT_PATHS, PATHS),
    "network": (NOT_BOOL, (True, False)),
    "env": (
        (
            *([], [("A", "b")], "A=b", 0, False, {"A"}, {"A": 1}, {1: "a"}),
            *({"A": None}, {b"A": "b"}, {"A": b"b"}, {"": "b"}, {"A=": "b"}),
            *({"A\0": "b"}, {"A": "\0"}, {"A": "\ud800"}, {"A": Path("b")}),
        ),
        (
            *(None, {}, {"A": ""}, {"A": "a=b"}, {Word.NAME: Word.JSON}),
            *(types.MappingProxyType({"A": "b"}), {"A": "\udcff"}),
        ),
    ),
    "allow": (NOT_CLASSES, CLASSES),
    "allow_setstate": (NOT_CLASSES, CLASSES),
    "expose": (
        (
            *([], [len], [("f", len)], "f", 0, False, {"f"}, {"f": 1}),
            *({1: len}, {b"f": len}, {"": len}, {"a b": len}, {"a.b": len}),
            *({"print": len}, {"if": len}, {"__f": len}, {"f": None}),
        ),
        (None, {}, {"f": len}, types.MappingProxyType({"f": int})),
    ),
    "trust_result": (NOT_BOOL, (True, False)),
    "stdin": (NOT_SOURCES, SOURCES),
    "stdout": (NOT_FILES, FILES),
    "stderr": (NOT_FILES, FILES),
}
LIMITS = {
    "cpu_time": (
        (*NOT_SECONDS, math.inf, 10**30, 1e300),
        (None, 1, 0.5, numpy.float64(2), fractions.Fraction(1, 2)),
    ),
    "memory": (
        (*NOT_SIZES, 0, (1 << 20) - 1, "1023K", "0.9M"),
        (1 << 20, numpy.int64(1 << 20), 1 << 62),
    ),
    "threads": ((*NOT_WHOLE, *NOT_COUNTS, 0, 32769), (1, Number.ONE)),
    "processes": ((*NOT_WHOLE, *NOT_COUNTS, 0, 32769), (1, Number.ONE)),
    "open_files": ((*NOT_WHOLE, *NOT_COUNTS, 15, 4097), (16, 4096)),
    "file_size": (NOT_SIZES, (0, 1 << 62)),
    "tmp_size": ((*NOT_SIZES, 0), (4096, numpy.uint16(4096))),
    "output": (NOT_SIZES, (0, 1)),
    "result": (NOT_SIZES, (0, 1)),
    "request": (NOT_SIZES, (0, 1)),
    "host_calls": ((*NOT_WHOLE, *NOT_COUNTS), (0, 1, 1 << 40)),
    "host_bytes": (NOT_SIZES, (0, 1)),
}
