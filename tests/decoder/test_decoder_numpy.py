"""What the decoder makes of numpy's streams, sound and hostile."""

import pickle
import struct
import time

import numpy as np
import pytest
from numpy_streams import BAD_NUMPY, array, plain, struct_of, view
from pickle_streams import HEAD, call, decode, refuses, text

pytestmark = pytest.mark.fast


def test_hand_written_arrays_are_read():
    """The streams that the next test varies are good ones."""
    data = array((2,), plain("u2"), b"\x01\0\x02\0")
    assert decode(HEAD + data + b".").tolist() == [1, 2]
    fields = [("a", plain("u1"), 0), ("b", plain("u1"), 1)]
    data = array((1,), struct_of(fields, 2), b"\x01\x02")
    assert decode(HEAD + data + b".").tolist() == [(1, 2)]
    data = view(b"abcd", plain("u1"), b"K\x02K\x02\x86", "F")
    assert decode(HEAD + data + b".").tolist() == [[97, 99], [98, 100]]
    axes = b"K\x01K\0\x86"
    data = view(b"abcd", plain("u1"), b"K\x02K\x02\x86", "K", axes)
    assert decode(HEAD + data + b".").tolist() == [[97, 99], [98, 100]]


@pytest.mark.parametrize("index", range(len(BAD_NUMPY)))
def test_bad_numpy_is_refused(index):
    """Shape, dtype and data must agree before anything is made of them."""
    refuses(HEAD + BAD_NUMPY[index] + b".")


def test_numpy_text_is_text():
    """numpy makes a str of any 32 bits, which the interpreter thinks
    impossible; the decoder looks at each."""
    data = pickle.dumps(np.array(["a\U0010ffff"]), 4)
    data = data.replace(b"\xff\xff\x10\0", b"\xff\xff\xff\0")
    broken = pickle.loads(data)[0]
    with pytest.raises(SystemError):
        broken[1]
    refuses(data, "value")


def test_nested_dtypes_stay_small():
    """A dtype of 2**30 fields, described in 30 steps, is refused."""
    data = HEAD + b"(" + plain("u1") + b"\x94"
    for level in range(30):
        get = b"h" + bytes([level])
        data += struct_of([("a", get, 0), ("b", get, 0)], 1) + b"\x94"
    start = time.process_time()
    refuses(data + b"t.", "items")
    assert time.process_time() - start < 3


def test_an_array_keeps_its_bytes():
    """A bytearray that an array looks into cannot be resized, or the array
    has memory of its own."""
    raw = b"\x96" + struct.pack("<Q", 8) + b"\0" * 8
    args = b"h\0" + plain("u1"), b"K\x08\x85", text("C")
    looks = call("numpy._core.numeric", "_frombuffer", *args)
    raw, made = decode(b"\x80\x05" + raw + b"\x94" + looks + b"\x86.")
    if not made.flags.owndata and not made.base.flags.owndata:
        with pytest.raises(BufferError):
            raw.extend(b"x" * 100_000)
    else:
        raw[:] = b"x" * 100_000
    assert made.tolist() == [0] * 8


def test_masked_arrays_are_refused():
    """By the name of the function that numpy would have called."""
    value = np.ma.masked_array([1, 2], [True, False])
    error = refuses(pickle.dumps(value), "type")
    assert error.type_name == "numpy.ma.core._mareconstruct"
