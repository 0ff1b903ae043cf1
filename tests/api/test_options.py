"""Every option of every entry is understood as it was meant, or refused.

A table has for each what is refused and what is taken; an option that is not
in it fails a test.
"""

from __future__ import annotations

import collections
import decimal
import enum
import fractions
import inspect
import io
import math
import os
import subprocess
import types
from pathlib import Path

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxed import Limits, Sandbox, SetupError, _limits, _options, run
from boxed.__main__ import main as command_line
from boxed._calls.settings import Settings
from boxed._install import configuration
from boxed._policy import checks

pytestmark = pytest.mark.fast

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
    *(None, subprocess.DEVNULL, io.StringIO(), io.BytesIO()),
    *(types.SimpleNamespace(write=len), io.TextIOWrapper(io.BytesIO())),
    File(),
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
    "trust_result": (NOT_BOOL, (True, False)),
    "stdout": (NOT_FILES, FILES),
    "stderr": (NOT_FILES, FILES),
}
LIMITS = {
    "cpu_time": (
        (*NOT_SECONDS, math.inf, 10**30, 1e300),
        (None, 1, 0.5, numpy.float64(2), fractions.Fraction(1, 2)),
    ),
    "memory": (
        (*NOT_WHOLE, *NOT_COUNTS, 0, (1 << 20) - 1),
        (1 << 20, numpy.int64(1 << 20), 1 << 62),
    ),
    "threads": ((*NOT_WHOLE, *NOT_COUNTS, 0, 32769), (1, Number.ONE)),
    "processes": ((*NOT_WHOLE, *NOT_COUNTS, 0, 32769), (1, Number.ONE)),
    "open_files": ((*NOT_WHOLE, *NOT_COUNTS, 15, 4097), (16, 4096)),
    "file_size": ((*NOT_WHOLE, *NOT_COUNTS), (0, 1 << 62)),
    "tmp_size": ((*NOT_WHOLE, *NOT_COUNTS, 0), (4096, numpy.uint16(4096))),
    "output": ((*NOT_WHOLE, *NOT_COUNTS), (0, 1)),
    "result": ((*NOT_WHOLE, *NOT_COUNTS), (0, 1)),
}
# What a call takes beside its options.
NOT_ARGS = (
    *("ab", "", b"ab", bytearray(b"a"), memoryview(b"a"), {"a": 1}, {1, 2}),
    *(None, 5, iter([1]), numpy.arange(3), {}.keys()),
)
ARGS = ((), [-1], (-1,), collections.deque([-1]), collections.UserList([-1]))
NOT_KWARGS = (
    *([("x", 1)], [], (), "", 0, False, {"x"}, "x", {1: 2}, {b"x": 1}),
    *({"x": 1, None: 2}, iter({})),
)
KWARGS = (None, {}, {"x": 1}, types.MappingProxyType({"x": 1}))
NOT_CHUNKS = (*NOT_WHOLE, *NOT_COUNTS, 0)


def refusals(table):
    return [
        pytest.param(option, value, id=f"{option}-{number}")
        for option, (bad, _) in table.items()
        for number, value in enumerate(
            (*bad, *(one for one in STRANGE if table is TABLE))
        )
    ]


def taken(table):
    return [
        pytest.param(option, value, id=f"{option}-{number}")
        for option, (_, good) in table.items()
        for number, value in enumerate(good)
    ]


def parameters(function) -> set[str]:
    found = set(inspect.signature(function).parameters)
    return found - {"self", "func", "args", "kwargs", "iterables"}


@pytest.mark.parametrize(
    ("types", "table"),
    [
        (_options.CallOptions, _options.OPTIONS),
        (_options.SandboxOptions, _options.SANDBOX_OPTIONS),
        (_limits.LimitValues, _limits.LIMITS),
    ],
)
def test_what_is_typed_is_declared(types, table):
    """And the other way round."""
    bases = [vars(one).get("__annotations__", {}) for one in types.__mro__]
    assert {name for base in bases for name in base} == set(table)


def test_what_is_no_option():
    """It is refused by its name, with the one that it may be meant for."""
    for entry in (lambda **bad: run(abs, (1,), **bad), Sandbox, Limits):
        with pytest.raises(TypeError, match=r"has no option 'colour'$"):
            entry(colour=1)
    with pytest.raises(TypeError, match="did you mean network="):
        run(abs, (1,), netwrok=True)
    with pytest.raises(TypeError, match="did you mean memory="):
        Limits(memroy=1)


def test_every_option_is_documented():
    """Once, where somebody looks for it."""
    for thing, table in (
        (run, _options.OPTIONS),
        (Sandbox, _options.SANDBOX_OPTIONS),
        (Limits, _limits.LIMITS),
    ):
        for name in table:
            assert thing.__doc__.count(f":param {name}:") == 1
        assert max(map(len, thing.__doc__.splitlines())) < 80


def test_every_option_is_in_the_tables():
    """A new one has to say here what it refuses."""
    assert set(_options.SANDBOX_OPTIONS) == set(TABLE)
    assert parameters(run) == parameters(Sandbox.__init__) == {"options"}
    assert parameters(Sandbox.run) == {"timeout"}
    assert parameters(Sandbox.map) == {"timeout", "chunksize"}
    assert set(_limits.LIMITS) == set(LIMITS)


@pytest.mark.parametrize(("option", "value"), refusals(TABLE))
def test_what_is_not_understood_is_refused(option, value):
    """By both entries, with an error that names the option; a call that names
    no options is taken before, so that it could be taken for that one."""
    if option == "preload":
        entries = [lambda: Sandbox(preload=value)]
    else:
        entries = [
            lambda: Sandbox(**{option: value}),
            lambda: run(abs, (-1,), **{option: value}),
        ]
    for entry in entries:
        with pytest.raises((TypeError, ValueError)) as caught:
            entry()
        assert str(caught.value).startswith(f"{option}=")
        assert type(caught.value) in (TypeError, ValueError)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("option", "value"), taken(TABLE))
def test_what_is_understood_is_taken(option, value):
    """The control of the test above."""
    Sandbox(**{option: value}).close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        *({"timeout": one} for one in SECONDS),
        {"serializer": Word.JSON},
        {"isolation": Word.AUTO, "user": Word.NOBODY},
        {"env": {Word.NAME: Word.JSON}, "imports": iter(["bisect"])},
    ],
)
def test_what_is_taken_makes_a_call(options):
    """And means what it says there too."""
    assert run(abs, (-1,), **options) == 1


@pytest.mark.parametrize(("option", "value"), refusals(LIMITS))
def test_limits_that_are_none(option, value):
    """Each field by itself."""
    with pytest.raises((TypeError, ValueError)) as caught:
        Limits(**{option: value})
    if option != "cpu_time" or value is not None:
        assert str(caught.value).startswith(f"{option}=")


@pytest.mark.parametrize(("option", "value"), taken(LIMITS))
def test_limits_that_are(option, value):
    """Of exact types, whatever they were given as."""
    limits = Limits(**{option: value})
    assert getattr(limits, option) == value
    assert type(getattr(limits, option)) in (int, float, type(None))


def test_a_user_where_the_configuration_is_broken(monkeypatch):
    """Who is permitted stands in it; it is told as it is to any other call."""

    def broken():
        raise configuration.ConfigError("line 1: unknown key 'x'")

    monkeypatch.setattr(configuration, "read", broken)
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    with pytest.raises(SetupError) as caught:
        Sandbox(user="daemon")
    assert caught.value.stage == "configuration"
    assert "boxed setup --remove" in caught.value.remedy


def test_next_to_no_time_is_a_limit():
    """What a float has no room for is not 0, which would be no limit."""
    least = fractions.Fraction(1, 10**400)
    assert float(least) == 0
    assert Limits(cpu_time=least).cpu_time > 0
    assert checks.seconds("timeout", least) > 0


@pytest.mark.slow
@pytest.mark.parametrize("option", ["isolation", "serializer"])
def test_none_is_not_left_out(option):
    """Not where a call without the option was taken before."""
    assert run(abs, (-1,)) == 1
    with pytest.raises(TypeError, match=f"^{option}="):
        run(abs, (-1,), **{option: None})


@pytest.mark.slow
def test_a_file_that_compares_with_nothing():
    file = File()
    run(print, ("hello",), stdout=file)
    assert file.getvalue() == "hello\n"


@pytest.mark.slow
def test_the_largest_limits_make_a_call():
    """None of them is more than what enforces it can say."""
    most = 1 << 62
    limits = Limits(
        cpu_time=1e9 - 1,
        memory=most,
        open_files=4096,
        file_size=most,
        output=most,
        result=most,
    )
    assert run(abs, (-1,), limits=limits) == 1


@pytest.mark.parametrize("value", NOT_ARGS)
def test_arguments_that_are_none(value):
    """Text would be split, a set has no order, an array is one argument."""
    with pytest.raises(TypeError, match=r"^args= takes"):
        run(print, value)
    with Sandbox() as sandbox, pytest.raises(TypeError, match=r"^args="):
        sandbox.run(print, value)


@pytest.mark.parametrize("value", NOT_KWARGS)
def test_keywords_that_are_none(value):
    """Nothing is made of them that was not said."""
    with pytest.raises(TypeError, match=r"^kwargs= takes"):
        run(dict, (), value)
    with Sandbox() as sandbox, pytest.raises(TypeError, match=r"^kwargs="):
        sandbox.run(dict, (), value)


@pytest.mark.slow
def test_arguments_that_are():
    """The control of the two tests above."""
    for args in ARGS:
        assert checks.arguments(args, None) == (tuple(args), {})
        assert run(abs if args else dict, args) == (1 if args else {})
    for kwargs in KWARGS:
        assert run(dict, (), kwargs) == dict(kwargs or {})


@pytest.mark.parametrize("value", NOT_CHUNKS, ids=lambda _: "")
def test_chunks_that_are_none(value):
    """Before the first result is asked for."""
    with (
        Sandbox() as sandbox,
        pytest.raises((TypeError, ValueError), match=r"^chunksize="),
    ):
        sandbox.map(abs, [1], chunksize=value)


@pytest.mark.parametrize("value", NOT_SECONDS)
def test_timeouts_of_one_call(value):
    """As those of the Sandbox."""
    with Sandbox() as sandbox:
        for call in (sandbox.run, sandbox.map):
            with pytest.raises((TypeError, ValueError), match=r"^timeout="):
                call(abs, [-1], timeout=value)


def test_map_takes_iterables():
    """None at all, or a number, is refused at once."""
    with Sandbox() as sandbox:
        with pytest.raises(TypeError):
            sandbox.map(abs)
        with pytest.raises(TypeError):
            sandbox.map(abs, 5)


def test_what_is_changed_afterwards_changes_nothing(tmp_path):
    """The caller's containers are read once, when they are given."""
    env, imports, read, allow = {"A": "1"}, ["bisect"], [tmp_path], [Path2]
    common = Settings(
        {"env": env, "imports": imports, "read": read, "allow": allow},
        _options.OPTIONS,
    )
    env["B"] = "2"
    imports.append("no_such_module")
    read.append("/etc")
    allow.append(decimal.Decimal)
    assert common._common["env"] == (("A", "1"),)
    assert common._common["imports"] == ("bisect",)
    assert common._common["read"] == (str(tmp_path),)
    assert list(common.reading.allow.values()) == [Path2]


def test_limits_cannot_be_changed():
    """They are told to sandboxes, and compared, after they were checked."""
    limits = Limits()
    with pytest.raises(AttributeError, match="cannot be changed"):
        limits.memory = "all"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del limits.memory
    with pytest.raises(AttributeError):
        limits.other = 1
    assert limits == Limits()


def test_a_value_that_cannot_be_shown():
    """Its own error does not take the place of the option's."""

    class Odd:
        def __repr__(self):
            raise RuntimeError("no")

    with pytest.raises(TypeError, match="not a Odd"):
        run(abs, (-1,), network=Odd())
    with pytest.raises(TypeError) as caught:
        run(abs, (-1,), network="x" * 10**6)
    assert len(str(caught.value)) < 400


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(values)
def test_any_value_is_understood_or_refused(value):
    """No other exception, and what is taken has the exact type."""
    checked = {
        lambda: checks.flag("o", value): bool,
        lambda: checks.text("o", value): str,
        lambda: checks.word("o", value, ("auto",)): str,
        lambda: checks.seconds("o", value): (int, float, type(None)),
        lambda: checks.whole("o", value, 0, 9): int,
        lambda: checks.names("o", value): tuple,
        lambda: checks.path("o", value): str,
        lambda: checks.variables("o", value): tuple,
    }
    for check, kinds in checked.items():
        try:
            found = check()
        except (TypeError, ValueError) as error:
            assert str(error).startswith("o= takes ")
        else:
            assert isinstance(found, kinds)


@pytest.mark.parametrize(
    "argv",
    [
        *(
            ["--timeout", word, "math:sqrt", "4"]
            for word in ("nan", "0", "-1")
        ),
        *(["--timeout", word, "math:sqrt", "4"] for word in ("x", "", "1s")),
        ["--timeout=-inf", "math:sqrt", "4"],
        ["--isolation", "none", "math:sqrt", "4"],
        ["--isolation", "", "math:sqrt", "4"],
        ["--serializer", "yaml", "math:sqrt", "4"],
        ["--user", "", "math:sqrt", "4"],
        ["--user", "no-such-user", "math:sqrt", "4"],
        *(["--kwargs", word, "math:sqrt", "4"] for word in ("[]", "1", "x")),
        ["--kwargs", '{"x": NaN}', "math:sqrt", "4"],
        ["math:sqrt", "NaN"],
        ["math:sqrt", "-Infinity"],
        ["math:sqrt", "four"],
        ["math:", "4"],
        [":sqrt", "4"],
        ["math", "4"],
        ["--networ", "math:sqrt", "4"],
        ["--network=no", "math:sqrt", "4"],
        ["--env", "=x", "math:sqrt", "4"],
        ["--memory", "1G", "math:sqrt", "4"],
        ["--memory", "1", "math:sqrt", "4"],
        ["--path", "/no-such-place", "math:sqrt", "4"],
        ["math:sqrt", "[" * 100_000],
    ],
)
def test_the_command_line(argv, capsys):
    """Wrong usage is exit status 2, with a word of what was wrong."""
    try:
        status = command_line(["run", *argv])
    except SystemExit as error:
        status = error.code
    assert status == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip()


def test_the_command_line_takes(capsys):
    """The control of the test above."""
    assert command_line(["run", "--timeout", "60", "math:sqrt", "4"]) == 0
    assert capsys.readouterr().out == "2.0\n"
