"""Large arguments and results: equal, mapped and not copied, and bounded, in
every environment; and where they cannot go in a store, in the stream."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest
from core import check_file

from boxed import _boxed
from boxed._calls.request import encode

PROGRAMS = Path(__file__).parent / "programs"


def test_large_values_come_back_equal(environment):
    """Bytes, a bytearray, text and arrays around the threshold, and many in
    one; of the same type, and not one store is left behind."""
    check_file(environment, PROGRAMS / "large_values_come_back_equal.py")


def test_an_array_is_mapped(environment):
    """It lies in the store, can be written, and is the caller's alone; the
    last array of a result lets the store go, and no descriptor holds it."""
    check_file(environment, PROGRAMS / "an_array_is_mapped.py")


def test_an_argument_is_mapped(environment):
    """The function can write to an array, which the caller does not see; one
    that the caller may not write stays so."""
    check_file(environment, PROGRAMS / "an_argument_is_mapped.py")


def test_limits_count_them(environment):
    """A large argument is memory of the guest's; a result is measured as it
    lies in the store; a limit on files does not matter."""
    check_file(environment, PROGRAMS / "limits_count_them.py")


def test_without_stores(environment):
    """Where the caller's limits allow none, or the guest has no descriptor
    left, everything goes over the socket."""
    check_file(environment, PROGRAMS / "without_stores.py")


def test_a_buffer_as_the_value(environment):
    """pickle.PickleBuffer: bytes or a bytearray in the stream, and beside it
    a view of the same bytes; with the serializer's own loads as well."""
    check_file(environment, PROGRAMS / "a_buffer_as_the_value.py")


def test_a_request_that_is_not_sent():
    """Forgotten, it leaves no descriptor behind."""

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    payload = encode("pickle", len, (bytes(1 << 20),), {}, most=2 << 20)
    assert descriptors() == before + (payload.store >= 0)
    del payload
    assert descriptors() == before


def test_memory_takes_what_is_a_store():
    """The type behind a result: a descriptor, and its bytes to be written."""
    with pytest.raises(TypeError):
        _boxed.Memory()
    with pytest.raises(TypeError):
        _boxed.Memory(store=0)
    with pytest.raises(OSError):
        _boxed.Memory(-1)
    try:
        store = _boxed.new_store(5)
    except OSError:
        pytest.skip("needs MFD_NOEXEC_SEAL, Linux 6.3")
    _boxed.write_store(store, 0, b"hello")
    _boxed.seal_store(store)
    view = memoryview(_boxed.Memory(store))
    os.close(store)
    view[0] = ord("j")
    assert bytes(view) == b"jello"
    address = ctypes.addressof(ctypes.c_char.from_buffer(view))
    assert ctypes.string_at(address, 5) == b"jello"
