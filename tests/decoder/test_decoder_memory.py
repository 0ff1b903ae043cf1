"""What reading a result may cost the caller in memory, in the worst case.

Each stream repeats the form that yields most for its bytes.  The peak of the
resident set is taken in a process of its own, and compared with what the
decoder promises: 64 MiB, and 32 times the length of the stream.
"""

import pickle
import struct

import pytest
from numpy_streams import plain, struct_of
from pickle_streams import PEAK, name, octets, run_python, text

from boxed import _boxed

MIB = 1 << 20
SIZE = 2 * MIB
BOUND = 64 * MIB + 32 * SIZE

MEASURE = """
import dataclasses, pickle, sys
from boxed import _boxed
import collections, datetime, decimal, fractions, pathlib, uuid
class Plain: pass
class Slots: __slots__ = tuple("abcdefgh")
Pair = collections.namedtuple("Pair", "a b")
allow = {"m:" + c.__name__: c for c in (Plain, Slots, Pair)}
def ours(data):
    return _boxed.decode(data, allow=allow)
data = sys.stdin.buffer.read()
if b"numpy" in data:
    import numpy
value = _boxed.decode(b"\\x80\\x05].")
forget_peak()
before = peak()
try:
    value = READ(data)
    word = "decoded"
except _boxed.DecodeError as error:
    word = error.reason
print(word, peak() - before)
"""


def repeated(unit, *, head=b"", before=b"(", after=b"t."):
    """A stream of about SIZE bytes: `unit` as often as it goes."""
    start = b"\x80\x05" + head + before
    return start + unit * ((SIZE - len(start)) // len(unit)) + after


def repeated_of(make, *, head, before=b"(", after):
    """The same of units that differ."""
    data, count = bytearray(b"\x80\x05" + head + before), 0
    while len(data) < SIZE - 100:
        data += make(count)
        count += 1
    return bytes(data) + after


def memoised(*values):
    """A head that leaves values in the memo, 0 first, below the rest."""
    return b"(" + b"".join(value + b"\x94" for value in values)


def again(source, *uses, after=b"tt."):
    return repeated(b"".join(uses), head=memoised(*source), after=after)


def unit_of_time():
    """A dtype that numpy makes anew each time: datetime64[25s]."""
    state = b"(K\x04" + text("<") + b"NNN" + b"J\xff\xff\xff\xff" * 2
    state += b"K\0}(" + octets(b"s") + b"K\x19K\1K\1t\x86tb"
    return name("numpy", "dtype") + text("M8") + b"\x89\x88\x87R" + state


GET = [b"h" + bytes([index]) for index in range(8)]
NAMES = {
    "deque": name("collections", "deque"),
    "ordered": name("collections", "OrderedDict"),
    "counter": name("collections", "Counter"),
    "defaultdict": name("collections", "defaultdict"),
    "path": name("pathlib", "PosixPath"),
    "windows": name("pathlib", "PureWindowsPath"),
    "decimal": name("decimal", "Decimal"),
    "fraction": name("fractions", "Fraction"),
    "range": name("builtins", "range"),
    "slice": name("builtins", "slice"),
    "set": name("builtins", "set"),
    "complex": name("builtins", "complex"),
    "bytearray": name("builtins", "bytearray"),
    "date": name("datetime", "date"),
    "datetime": name("datetime", "datetime"),
    "delta": name("datetime", "timedelta"),
    "zone": name("datetime", "timezone"),
    "uuid": name("uuid", "UUID"),
    "plain": name("m", "Plain"),
    "slots": name("m", "Slots"),
    "pair": name("m", "Pair"),
    "dtype": name("numpy", "dtype"),
    "scalar": name("numpy._core.multiarray", "scalar"),
    "view": name("numpy._core.numeric", "_frombuffer"),
}
FLOAT = b"G" + b"\0" * 8
INT = b"J\0\0\0\x7f"
PAIR_OF_KEYS = b"}(" + b"K\1NK\2NK\3NK\4NK\5NK\6Nu"
SIX = b"(K\1K\2K\3K\4K\5K\6"

FORMS = {
    "values on the stack": repeated(b"N"),
    "a list of None": repeated(b"N", before=b"](", after=b"e."),
    "marks": repeated(b"(", after=b"t" * 9 + b"."),
    "memoised": repeated(b"]\x94"),
    "lists": repeated(b"]"),
    "lists of one": repeated(b"]Na"),
    "dicts": repeated(b"}"),
    "dicts of one": repeated(b"}NNs"),
    "dicts of six": repeated(PAIR_OF_KEYS),
    "sets": repeated(b"\x8f"),
    "sets of five": repeated(b"\x8f" + SIX[:-2] + b"\x90"),
    "sets of six": repeated(b"\x8f" + SIX + b"\x90"),
    "frozensets": repeated(b"(\x91"),
    "frozensets of six": repeated(SIX + b"\x91"),
    "sets by name": again(
        [NAMES["set"], SIX.replace(b"(", b"](") + b"e"],
        GET[0] + GET[1] + b"\x85R",
    ),
    "tuples of one": repeated(b"N\x85"),
    "ints": repeated(b"M\0\x7f"),
    "long ints": repeated(b"\x8a\x05" + b"\x7f" * 5),
    "floats": repeated(FLOAT),
    "empty texts": repeated(b"\x8c\x02ab"),
    "wide texts": repeated(b"\x8c\x14" + b"a" * 16 + "\U0001f600".encode()),
    "one wide text": repeated(
        b"a" * (SIZE - 99),
        before=b"",
        head=b"X" + struct.pack("<I", SIZE - 95) + "\U0001f600".encode(),
        after=b".",
    ),
    "bytes": repeated(b"C\x02ab"),
    "bytearrays": repeated(b"\x96" + b"\0" * 8),
    "names": again([text("builtins"), text("int")], GET[0] + GET[1] + b"\x93"),
    "bytearrays by name": again([NAMES["bytearray"]], GET[0] + b")R"),
    "complex": again(
        [NAMES["complex"], FLOAT], GET[0] + GET[1] * 2 + b"\x86R"
    ),
    "ranges": again([NAMES["range"], INT], GET[0] + GET[1] * 3 + b"\x87R"),
    "slices": again([NAMES["slice"]], GET[0] + b"NNN\x87R"),
    "deques": again([NAMES["deque"]], GET[0] + b")R"),
    "deques of one": again([NAMES["deque"]], GET[0] + b")RNa"),
    "ordered": again([NAMES["ordered"]], GET[0] + b")R"),
    "ordered of one": again([NAMES["ordered"]], GET[0] + b")RNNs"),
    "ordered of six": again(
        [NAMES["ordered"]], GET[0] + b")R" + PAIR_OF_KEYS[1:]
    ),
    "counters": again([NAMES["counter"]], GET[0] + b"}\x85R"),
    "counters of one": again(
        [NAMES["counter"], b"}NNs"], GET[0] + GET[1] + b"\x85R"
    ),
    "counters of six": again(
        [NAMES["counter"], PAIR_OF_KEYS], GET[0] + GET[1] + b"\x85R"
    ),
    "defaultdicts": again([NAMES["defaultdict"]], GET[0] + b")R"),
    "paths": again([NAMES["path"], text("a")], GET[0] + GET[1] + b"\x85R"),
    "paths of many parts": repeated_of(
        lambda i: (
            GET[0] + text("/".join(f"{i:x}{j:x}" for j in range(9))) + b"\x85R"
        ),
        head=memoised(NAMES["path"]),
        after=b"tt.",
    ),
    "windows paths": again(
        [NAMES["windows"], text("c:\\ab\\cd")], GET[0] + GET[1] + b"\x85R"
    ),
    "decimals": again(
        [NAMES["decimal"], text("1")], GET[0] + GET[1] + b"\x85R"
    ),
    "fractions": again([NAMES["fraction"]], GET[0] + b"K\1K\2\x86R"),
    "large fractions": again(
        [NAMES["fraction"], INT], GET[0] + GET[1] + INT + b"\x86R"
    ),
    "uuids": again(
        [NAMES["uuid"], b"}" + text("int") + INT + b"s"],
        GET[0] + b")\x81" + GET[1] + b"b",
    ),
    "dates": again(
        [NAMES["date"], octets(b"\7\xe8\1\1")], GET[0] + GET[1] + b"\x85R"
    ),
    "datetimes": again(
        [NAMES["datetime"], octets(b"\7\xe8\1\1" + b"\0" * 6)],
        GET[0] + GET[1] + b"\x85R",
    ),
    "deltas": again([NAMES["delta"]], GET[0] + b"K\1K\1K\1\x87R"),
    "zones": again(
        [NAMES["zone"], NAMES["delta"] + b"K\0K\1K\0\x87R"],
        GET[0] + GET[1] + b"\x85R",
    ),
    "instances": again([NAMES["plain"]], GET[0] + b")\x81"),
    "instances with one": again(
        [NAMES["plain"], b"}" + text("a") + b"Ns"],
        GET[0] + b")\x81" + GET[1] + b"b",
    ),
    "instances with ten": again(
        [
            NAMES["plain"],
            b"}(" + b"".join(text(c) + b"N" for c in "abcdefghij") + b"u",
        ],
        GET[0] + b")\x81" + GET[1] + b"b",
    ),
    "slots": again([NAMES["slots"]], GET[0] + b")\x81"),
    "named tuples": again([NAMES["pair"]], GET[0] + b"NN\x86\x81"),
    "named tuples with one": again(
        [NAMES["pair"], b"}" + text("a") + b"Ns"],
        GET[0] + b"NN\x86\x81" + GET[1] + b"b",
    ),
    "arrays": again(
        [NAMES["view"], octets(b"x"), plain("u1"), b"K\1\x85", text("C")],
        GET[0] + b"(" + b"".join(GET[1:5]) + b"tR",
    ),
    "arrays of 64 axes": again(
        [
            NAMES["view"],
            octets(b"x"),
            plain("u1"),
            b"(" + b"K\1" * 64 + b"t",
            text("C"),
        ],
        GET[0] + b"(" + b"".join(GET[1:5]) + b"tR",
    ),
    "scalars": again(
        [NAMES["scalar"], plain("u1"), octets(b"x")],
        GET[0] + GET[1] + GET[2] + b"\x86R",
    ),
    "dtypes": repeated(unit_of_time()),
    "structs": repeated(
        struct_of([(str(i), plain("u1"), i) for i in range(40)], 40)
    ),
}


def peak_of(data, read="ours"):
    """How the decode ended, and by how many bytes the peak rose."""
    done = run_python(PEAK + MEASURE.replace("READ", read), stdin=data)
    assert done.returncode == 0, done.stderr
    word, peak = done.stdout.split()
    return word.decode(), int(peak)


@pytest.mark.parametrize("form", FORMS)
def test_memory_is_bounded(form):
    """Read or refused, no form takes more than is promised."""
    assert peak_of(FORMS[form])[1] < BOUND


@pytest.mark.parametrize("form", ["lists", "dicts", "sets", "deques"])
def test_memory_is_not_bounded_otherwise(form):
    """pickle.loads takes more for what is refused here."""
    assert peak_of(FORMS[form])[0] == "memory"
    assert peak_of(FORMS[form], "pickle.loads")[1] > BOUND


def test_a_bound_of_the_callers():
    """max_memory is kept as well, by what there is most of."""
    program = "(lambda data: _boxed.decode(data, max_memory=2**25))"
    for form in ("lists", "memoised", "dicts of one", "sets of five"):
        word, peak = peak_of(FORMS[form], program)
        assert word == "memory" and peak < 2**25 + 2**22


def test_honest_results_fit():
    """Ten million bytes of the densest usual results are read."""
    for value in (
        [[i] for i in range(10**6)],
        [{"id": i} for i in range(400_000)],
        [{"id": i, "name": str(i), "ok": True} for i in range(300_000)],
        [{i, i + 1} for i in range(200_000)],
        [(i, i + 1) for i in range(10**6)],
        [[] for i in range(600_000)],
        tuple([None] * 2_000_000),
        set(range(10**6)),
        dict.fromkeys(range(10**6)),
        [f"{i}" for i in range(10**6)],
    ):
        assert len(_boxed.decode(pickle.dumps(value))) == len(value)
