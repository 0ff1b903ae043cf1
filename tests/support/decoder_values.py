"""Values that the decoder rebuilds, and the picklers that write them."""

import collections
import datetime
import decimal
import fractions
import io
import pathlib
import pickle
import uuid

import cloudpickle
import dill
import hypothesis
import numpy as np

# Importing dill changes the standard pickler that is written in Python.
dill.extend(use_dill=False)

# The guest writes 5; 4 is a part of it.
PROTOCOLS = (4, 5)


def python_dumps(value, protocol):
    out = io.BytesIO()
    pickle._Pickler(out, protocol).dump(value)
    return out.getvalue()


def in_python(dumps):
    """Of a pickler written in Python: some releases assert that no empty
    buffer is met twice, and cannot pickle such a value."""

    def checked(value, protocol):
        try:
            return dumps(value, protocol)
        except AssertionError:
            hypothesis.reject()

    return checked


PICKLERS = {
    "pickle": pickle.dumps,
    "python": in_python(python_dumps),
    "cloudpickle": lambda value, p: cloudpickle.dumps(value, protocol=p),
    "dill": in_python(lambda value, p: dill.dumps(value, protocol=p)),
}

UTC = datetime.timezone.utc
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30), "east")

SCALARS = [
    *(None, True, False, 0, -1, 255, 256, 65535, 65536),
    *(2**31 - 1, 2**31, -(2**31), 2**63, -(2**2040), 10**4299),
    *(0.0, -0.0, 1.5, 5e-324, float("inf"), float("nan"), 3 - 4j),
    *("", "ascii", "line\nnul\0 tab\t back\\slash \x1a\r", "\x85\u2028"),
    *("é中\U0001f600", "lone \ud800 surrogate", "x" * 70_000),
    *(b"", b"\x00\xff\n", b"y" * 70_000),
    *(bytearray(), bytearray(b"\x00\xff"), bytearray(b"z" * 70_000)),
]

CONTAINERS = [
    *((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
    *([], [1], [1, [2, [3]], ()], list(range(2500))),
    *({}, {"a": 1}, {"a": [1, {"b": None}], 2: "c"}),
    *(dict.fromkeys(range(2500)), set(), {1, "a", (2, 3)}),
    *(set(range(2500)), frozenset()),
    frozenset([1, frozenset([2]), ("a", None)]),
    *(range(5), range(-10, 10**30, 3)),
    *(slice(None), slice(1, -1, 2), slice("a", 1.5)),
]

STDLIB = [
    datetime.date(2024, 2, 29),
    datetime.time(1, 2, 3, 4),
    datetime.time(1, 2, 3, 4, tzinfo=UTC, fold=1),
    datetime.datetime(1, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=EAST, fold=1),
    datetime.timedelta(-999999999),
    datetime.timedelta.max,
    *(datetime.timedelta(1, 2, 3), UTC, EAST),
    *map(decimal.Decimal, ["-1.50E+3", "Infinity", "NaN123", "sNaN"]),
    *(fractions.Fraction(-3, 4), fractions.Fraction(5)),
    *(uuid.UUID(int=1), uuid.uuid4()),
    uuid.UUID(int=2, is_safe=uuid.SafeUUID.safe),
    *(collections.deque(), collections.deque([1, [2]], maxlen=5)),
    collections.OrderedDict(),
    collections.OrderedDict([("b", 1), ("a", [2])]),
    collections.Counter("abracadabra"),
    collections.defaultdict(None, {1: 2}),
    *(
        collections.defaultdict(factory, {"k": factory()})
        for factory in (int, float, list, dict, set, str, tuple, bool, bytes)
    ),
    *(pathlib.PurePosixPath(), pathlib.PurePosixPath("a/../b")),
    pathlib.PosixPath("/etc/passwd"),
    pathlib.PureWindowsPath("c:/dir/file"),
]

KEYS = [
    {None: 1, True: 2, 2: 3, 2.5: 4, 1j: 5, "a": 6, b"a": 7, 2**70: 8},
    {(1, ("a", frozenset([2]))): 1, (): 2},
    {datetime.date(2024, 1, 1): 1, datetime.timedelta(1): 2, UTC: 3},
    {decimal.Decimal("1.5"): 1, fractions.Fraction(1, 3): 2},
    {uuid.UUID(int=7): 1, pathlib.PosixPath("/a"): 2},
    {np.int64(1), np.float32(2.5), "a"},
    {(np.int64(1), "a"): 1, (np.int64(2), "b"): 2},
    {np.datetime64("2024-01-01"), np.str_("a"), np.bool_(False)},
]

GROUPS = {
    "scalars": SCALARS,
    "containers": CONTAINERS,
    "stdlib": STDLIB,
    "keys": KEYS,
}

DTYPES = [
    *("?", "i1", "<i2", ">i4", "<i8", "u1", ">u2", "<u4", "<u8"),
    *("<f2", ">f4", "<f8", "g", "<c8", ">c16", "G"),
    *("S5", "<U3", ">U3", "V7", "M8", "<M8[ns]", ">M8[25s]", "m8[D]"),
    [("a", "<i4"), ("b", ">f8", (2, 3)), ("c", [("d", "<U2"), ("e", "?")])],
    [("pairs", [("a", "?"), ("b", ">U1")], (2,))],
    {"names": ["a", "b"], "formats": ["u1", "f8"], "offsets": [4, 16]},
    [(("title", "name"), "<i4")],
    np.dtype([("a", "u1"), ("b", "<f8")], align=True),
]


def numpy_values(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind in "UV":
        flat = np.zeros(24, dtype)
    elif dtype == "M8":
        flat = np.full(24, "NaT", dtype)
    else:
        flat = np.arange(24).astype("u1").astype(dtype)
    if dtype.kind == "U":
        flat[:3] = ["a", "\U0010ffff", "é"]
    yield flat
    yield flat.reshape(2, 3, 4)
    yield np.asfortranarray(flat.reshape(4, 6))
    yield flat.reshape(2, 3, 4).transpose(1, 0, 2)
    yield flat[::2]
    yield flat[:1].reshape(())
    yield flat[:0]
    yield np.zeros((3, 0, 2), dtype)
    yield flat[1]
    yield dtype


def same_numpy(left, right):
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if isinstance(left, np.ndarray):
        if left.flags.forc and left.flags.fnc != right.flags.fnc:
            return False
        left, right = left.tolist(), right.tolist()
    return repr(left) == repr(right)


DETAILS = {
    datetime.datetime: lambda value: value.fold,
    datetime.time: lambda value: value.fold,
    uuid.UUID: lambda value: value.is_safe,
    collections.deque: lambda value: value.maxlen,
    collections.defaultdict: lambda value: value.default_factory,
}


def same(left, right):
    """Equal, and of equal type all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (np.ndarray, np.generic)):
        return same_numpy(left, right)
    detail = DETAILS.get(type(left), type)
    if detail(left) != detail(right):
        return False
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, (list, tuple, collections.deque)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, (float, decimal.Decimal)):
        return repr(left) == repr(right)
    return left == right
