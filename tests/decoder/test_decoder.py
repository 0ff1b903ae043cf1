"""The decoder of results: what it rebuilds, and how it names a refusal."""

import collections
import pickle

import numpy as np
import pytest
from decoder_classes import ALL, Point
from decoder_values import (
    DTYPES,
    GROUPS,
    PICKLERS,
    PROTOCOLS,
    numpy_values,
    python_dumps,
    same,
)
from pickle_streams import decode, name, refuses, run_python, text

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("pickler", PICKLERS)
@pytest.mark.parametrize("group", GROUPS)
def test_round_trip(group, pickler, protocol):
    """What a pickler writes comes back equal and of equal type."""
    for value in GROUPS[group]:
        data = PICKLERS[pickler](value, protocol)
        assert same(value, decode(data)), repr(value)[:200]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("pickler", PICKLERS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_round_trip_of_numpy(dtype, pickler, protocol):
    """Arrays, scalars and dtypes come back, byte order and layout too."""
    for value in numpy_values(dtype):
        data = PICKLERS[pickler](value, protocol)
        assert same(value, decode(data)), repr(value)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_out_of_band_buffers(dtype):
    """An array sent out of band uses the caller's buffer, without a copy."""
    for value in numpy_values(dtype):
        buffers = []
        data = pickle.dumps(value, 5, buffer_callback=buffers.append)
        raw = [buffer.raw() for buffer in buffers]
        back = decode(data, buffers=raw)
        assert same(value, back)
        assert not (raw and back.size) or np.shares_memory(value, back)


def test_arrays_are_as_writable_as_in_the_guest():
    """An array can be written where pickle.loads makes it writable."""
    array = np.arange(10)
    for protocol in PROTOCOLS:
        back = decode(pickle.dumps(array, protocol))
        back[0] = 99
        assert back[0] == 99
    array.flags.writeable = False
    assert not decode(pickle.dumps(array, 5)).flags.writeable


def test_numpy_1_names_are_known():
    """The module names of numpy 1 and of numpy 2 mean the same."""
    for protocol in PROTOCOLS:
        data = python_dumps([np.arange(3), np.int8(1)], protocol)
        new = data.replace(b"numpy.core.", b"numpy._core.")
        assert same(decode(data), decode(reframed(new)))


def reframed(data):
    """Without frames, whose lengths no longer hold, and lengths of names."""
    out = data[:2] + data[11:] if data[2:3] == b"\x95" else data
    for module in ("numpy._core.multiarray", "numpy._core.numeric"):
        for length in (len(module), len(module) - 1):
            short = b"\x8c" + bytes([length]) + module.encode()
            out = out.replace(short, text(module))
    return out


def test_bytes_from_a_buffer():
    """A buffer sent out of band can become bytes, a bytearray or a view."""
    head = b"\x80\x05"
    assert decode(head + b"\x97.", buffers=[b"abc"]) == b"abc"
    view = decode(head + b"\x97\x98.", buffers=[bytearray(b"abc")])
    assert type(view) is memoryview and view.readonly
    for kind in (bytes, bytearray):
        data = head + name("builtins", kind.__name__) + b"\x97\x85R."
        back = decode(data, buffers=[b"abc"])
        assert type(back) is kind and back == b"abc"


def test_numpy_must_be_imported_by_the_caller():
    """A result with numpy in it does not import numpy into the caller."""
    data = pickle.dumps(np.arange(3), 4)
    program = f"""
import sys
from boxed import _boxed
try:
    _boxed.decode({data!r})
except _boxed.DecodeError as error:
    print(error.reason, error.type_name, "numpy" in sys.modules)
"""
    assert run_python(program).stdout == b"type numpy False\n"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_shared_references_stay_shared(protocol):
    """One object referred to twice comes back as one object."""
    inner = [1]
    value = [inner, (inner, inner), {"k": inner}]
    back = decode(pickle.dumps(value, protocol))
    assert back[0] is back[1][0] is back[1][1] is back[2]["k"]
    back = decode(pickle.dumps((inner, [inner]), protocol))
    assert back[0] is back[1][0]


def test_a_list_filled_in_batches_is_one_list():
    """Items appended after the list was memoised belong to it."""
    inner = list(range(5000))
    back = decode(pickle.dumps([inner, inner]))
    assert back[0] is back[1] and len(back[0]) == 5000


def test_data_may_be_any_contiguous_buffer():
    """bytes, bytearray and memoryview are read alike."""
    data = pickle.dumps([1, "a"])
    for kind in (bytes, bytearray, memoryview):
        assert decode(kind(data)) == [1, "a"]
    with pytest.raises(TypeError):
        decode("text")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_value_that_contains_itself_is_refused(protocol):
    """Cycles are refused, as a list, a tuple, a dict or an instance."""
    items = []
    items.append(items)
    pair = ([],)
    pair[0].append(pair)
    table = {}
    table["me"] = [table]
    point = Point(1)
    point.y = point
    queue = collections.deque()
    queue.append([queue])
    ordered = collections.OrderedDict()
    ordered["me"] = ordered
    for value in (items, pair, table, point, queue, ordered):
        refuses(pickle.dumps(value, protocol), "cycle", allow=ALL)
