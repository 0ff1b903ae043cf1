"""What holds for every result and for every stream, on made-up ones."""

import collections
import datetime
import decimal
import fractions
import pathlib
import pickle
import time
import uuid

import numpy as np
import pytest
from damage import damaged
from decoder_classes import (
    ALL,
    MODULE,
    STATES,
    Access,
    Color,
    Items,
    Level,
    Pair,
    Point,
    Slots,
    WithState,
)
from decoder_values import PICKLERS, PROTOCOLS, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from pickle_streams import HEAD, PEAK, name

from boxed import _boxed

pytestmark = pytest.mark.fast

decode = _boxed.decode

settings.register_profile(
    "decoder",
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)
COMMON = settings.get_profile("decoder")

zones = st.none() | st.integers(-1439, 1439).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
text = st.text(st.characters(exclude_categories=()), max_size=30)
hashable_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**2000), 2**2000),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    text,
    st.binary(max_size=300),
    st.dates(),
    st.times(timezones=zones),
    st.datetimes(timezones=zones),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.uuids(),
    text.filter(lambda s: "\0" not in s).map(pathlib.PurePosixPath),
    text.filter(lambda s: "\0" not in s).map(pathlib.PosixPath),
    # Of a path such as "/A:" pickle.loads makes another, too.
    text.filter(lambda s: not {*"\0:"} & {*s}).map(pathlib.PureWindowsPath),
    zones.filter(lambda zone: zone is not None),
    st.sampled_from([*Color, *Level, *Access]),
)
scalars = st.one_of(
    hashable_scalars,
    st.floats(),
    st.binary().map(bytearray),
    st.builds(
        range,
        st.integers(),
        st.integers(),
        st.integers().filter(lambda step: step != 0),
    ),
    st.builds(slice, st.integers(), st.none() | text, st.floats(0, 1)),
    st.decimals(),
)
keys = st.recursive(
    hashable_scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.frozensets(inner, max_size=4)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=6,
)


def holders(inner):
    tables = st.dictionaries(keys, inner, max_size=4)
    return st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        st.lists(inner, max_size=5).map(collections.deque),
        tables,
        tables.map(collections.OrderedDict),
        tables.map(lambda table: collections.defaultdict(list, table)),
        st.sets(keys, max_size=5),
        st.frozensets(keys, max_size=5),
        st.dictionaries(keys, st.integers()).map(collections.Counter),
        tables.map(lambda table: collections.defaultdict(None, table)),
        st.builds(Point, inner, inner),
        st.builds(Pair, inner, inner),
        st.builds(WithState, inner),
        st.lists(inner, max_size=5).map(Items),
    )


values = st.recursive(scalars, holders, max_leaves=15)
picklers = st.sampled_from(sorted(PICKLERS))
protocols = st.sampled_from(PROTOCOLS)

PLAIN = (
    *(type(None), bool, int, float, complex, str, bytes, bytearray),
    *(range, slice, datetime.date, datetime.time, datetime.datetime),
    *(datetime.timedelta, datetime.timezone, decimal.Decimal, uuid.UUID),
    *(fractions.Fraction, np.ndarray, np.generic, np.dtype),
    *(pathlib.PurePath, memoryview, Color, Level, Access),
)
SEQUENCES = (list, tuple, set, frozenset, collections.deque, Pair, Items)
TABLES = (
    *(dict, collections.OrderedDict, collections.Counter),
    collections.defaultdict,
)


def assert_plain(value, depth=200):
    """Only documented types, none nested deeper than allowed."""
    assert depth >= 0
    if type(value) in SEQUENCES:
        for item in value:
            assert_plain(item, depth - 1)
    elif type(value) in TABLES:
        for key, item in value.items():
            assert_plain(key, depth - 1)
            assert_plain(item, depth - 1)
    elif type(value) is Point:
        assert_plain(vars(value), depth - 1)
    elif type(value) is WithState:
        assert_plain(value.a, depth - 1)
    else:
        assert isinstance(value, PLAIN), type(value)


def describe(value):
    """A text that is equal for equal values of equal types."""
    if type(value) is Point:
        return f"Point({describe(vars(value))})"
    if type(value) is WithState:
        return f"WithState({describe(value.a)})"
    if type(value) in TABLES:
        items = ", ".join(map(describe, value.items()))
        factory = getattr(value, "default_factory", None)
        return f"{type(value)}({factory}, {items})"
    if type(value) in SEQUENCES:
        items = map(describe, value)
        if isinstance(value, (set, frozenset)):
            items = sorted(items)
        items = ", ".join(items)
        return f"{type(value)}({items})"
    return repr(value)


exec(PEAK)


def attempt(data):
    """The value and True, or None and False for a documented refusal.

    The streams here are short, so is the time that each may take, and the
    memory is no more than what is promised for a short one.
    """
    forget_peak()  # noqa: F821
    start, before = time.process_time(), peak()  # noqa: F821
    try:
        return decode(data, allow=ALL, states=STATES), True
    except (_boxed.DecodeError, MemoryError):
        return None, False
    finally:
        assert time.process_time() - start < 2
        assert peak() - before < 2**27  # noqa: F821


@given(values, picklers, protocols)
@settings(COMMON)
def test_what_was_pickled_comes_back(value, pickler, protocol):
    """Equal and of equal type, for each pickler and protocol."""
    data = PICKLERS[pickler](value, protocol)
    back = decode(data, allow=ALL, states=STATES)
    assert describe(value) == describe(back)
    assert_plain(back)


arrays = st_numpy.arrays(
    st_numpy.scalar_dtypes() | st_numpy.nested_dtypes(max_leaves=4),
    st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
layouts = st.sampled_from(
    [
        np.asarray,
        np.asfortranarray,
        np.transpose,
        lambda array: array[..., ::2],
    ]
)


@given(arrays, layouts, picklers, protocols)
@settings(COMMON)
def test_arrays_come_back(array, layout, pickler, protocol):
    """Of any dtype without objects, shape and layout; scalars of them too."""
    array = layout(array) if array.ndim else array
    for value in (array, array.dtype, *array.reshape(-1)[:1]):
        back = decode(PICKLERS[pickler](value, protocol))
        assert same(value, back), repr(value)


@given(arrays, protocols, st.data())
@settings(COMMON)
def test_a_damaged_array_is_refused_or_whole(array, protocol, data):
    """Whatever its shape, every item can be looked at."""
    stream = damaged(pickle.dumps(array, protocol), data)
    back, accepted = attempt(stream)
    if accepted:
        assert_plain(back)
        repr(back)


@given(st.integers(), text, picklers, protocols)
@settings(COMMON)
def test_slots_come_back(number, words, pickler, protocol):
    """Attributes that are no items of a dict."""
    value = Slots()
    value._x = [number, words]
    back = decode(PICKLERS[pickler](value, protocol), allow=ALL, states=STATES)
    assert back == value and type(back) is Slots


@given(values, protocols, st.data())
@settings(COMMON)
def test_a_damaged_stream_gives_plain_data_or_a_refusal(value, protocol, data):
    """Bytes changed, cut out or put in: nothing else ever happens."""
    stream = damaged(pickle.dumps(value, protocol), data, 4)
    back, accepted = attempt(stream)
    if accepted:
        assert_plain(back)


@given(values, values, protocols, protocols, st.data())
@settings(COMMON)
def test_spliced_streams(left, right, first, second, data):
    """The head of one stream and the tail of another are no danger."""
    left, right = pickle.dumps(left, first), pickle.dumps(right, second)
    head = left[: data.draw(st.integers(0, len(left)))]
    tail = right[data.draw(st.integers(0, len(right))) :]
    back, accepted = attempt(head + tail)
    if accepted:
        assert_plain(back)


@given(values, protocols, st.integers(0, 10**6), st.binary(max_size=2))
@settings(COMMON)
def test_what_is_accepted_is_what_pickle_reads(value, protocol, at, patch):
    """There is no stream that the decoder reads in another way."""
    stream = bytearray(pickle.dumps(value, protocol))
    at %= len(stream)
    stream[at : at + len(patch)] = patch
    back, accepted = attempt(bytes(stream))
    if accepted:
        other = pickle.loads(bytes(stream))
        assert describe(back) == describe(other)


@given(st.lists(st.sampled_from(range(256)), max_size=60).map(bytes))
@settings(COMMON)
def test_noise(noise):
    """Bytes that are no stream at all are refused or are plain data."""
    for data in (noise, HEAD + noise, HEAD + noise + b"."):
        back, accepted = attempt(data)
        if accepted:
            assert_plain(back)


OPCODES = [
    *(b"N", b"K\x01", b"G" + b"\0" * 8, b"X\1\0\0\0a", b"C\1a", b"\x88"),
    *(b"]", b"}", b")", b"\x8f", b"(", b"\x94", b"h\0", b"h\1", b"h\2"),
    *(b"a", b"e", b"s", b"u", b"\x90", b"\x91", b"t", b"\x85", b"\x86"),
    name("collections", "deque") + b")R",
    name("collections", "OrderedDict") + b")R",
    *(name("builtins", "set"), name("builtins", "int"), b"R", b"\x81", b"b"),
    *(name(MODULE, "Point") + b")\x81", name(MODULE, "Pair")),
]


@given(st.lists(st.sampled_from(OPCODES), max_size=40).map(b"".join))
@settings(COMMON, max_examples=1000)
def test_any_order_of_opcodes(middle):
    """Good opcodes in any order build plain, acyclic data or nothing."""
    back, accepted = attempt(HEAD + middle + b".")
    if accepted:
        assert_plain(back)
        other = pickle.loads(HEAD + middle + b".")
        assert describe(back) == describe(other)
