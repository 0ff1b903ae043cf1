"""Large arguments and results: equal, mapped and not copied, and bounded, in
every environment; and where they cannot go in a store, in the stream."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest
from core import check, check_script

from boxed import _boxed
from boxed._calls.request import encode

# Where the kernel has no memfd that is never executable (before Linux 6.3),
# everything but `mapped()` holds too.
SCRATCH = """
        import gc
        import numpy as np
        from boxed import _boxed
        from boxed._wire.payload import LARGE
        try:
            os.close(_boxed.new_store(4096))
            STORES = True
        except OSError:
            STORES = False
        def mapped():
            gc.collect()
            with open("/proc/self/maps") as maps:
                return STORES * maps.read().count("memfd:boxed")
        def descriptors():
            # Those that stand by come and go.
            from boxed._live.prefork import every
            ahead = [(len(one._waiting), len(one._prepared))
                     for one in every()]
            own = sum(4 * ready + 8 * more for ready, more in ahead)
            return len(os.listdir("/proc/self/fd")) - own
"""


def test_large_values_come_back_equal(environment):
    """Bytes, a bytearray, text and arrays around the threshold, and many in
    one; of the same type, and not one store is left behind."""
    check_script(
        environment,
        SCRATCH
        + """
        def give(kind, size):
            if kind == "bytes":
                return b"ab" * (size // 2)
            if kind == "bytearray":
                return bytearray(b"ab" * (size // 2))
            if kind == "text":
                return "ab" * (size // 2)
            if kind == "C":
                return np.arange(size, dtype="u1").reshape(-1, 64)
            if kind == "F":
                return np.arange(size // 8).reshape(64, -1).T
            if kind == "strided":
                return np.arange(size // 2)[::4]
            if kind == "structured":
                return np.ones(size // 16, [("a", "<i8"), ("b", ">f8")])
            small = {"small": [1, "two", np.arange(3), b"x" * 70000]}
            large = [np.full(size + n, n, "u1") for n in range(5)]
            return [small, b"y" * size, large, bytearray(size), large[0]]
        def same(one, two):
            assert type(one) is type(two)
            if isinstance(one, dict):
                return same([*one.items()], [*two.items()])
            if isinstance(one, (list, tuple)):
                return all(map(same, one, two)) and len(one) == len(two)
            if isinstance(one, np.ndarray):
                assert one.dtype == two.dtype and one.flags.writeable
                assert one.flags.f_contiguous >= two.flags.f_contiguous
                return np.array_equal(one, two)
            return one == two
        def check(kind, size, serializer="pickle"):
            value = run(give, (kind, size), serializer=serializer)
            assert same(value, give(kind, size)), (kind, size)
            value = run(len, (give(kind, size),), serializer=serializer)
            assert value == len(give(kind, size)), (kind, size)
        if __name__ == "__main__":
            for kind in ("bytes", "bytearray", "text", "C", "F", "strided",
                         "structured", "many"):
                for size in (LARGE - 512, LARGE, LARGE + 512):
                    check(kind, size)
            before = descriptors()
            for serializer in ("pickle", "cloudpickle", "dill", "json"):
                check("text", 3 * LARGE, serializer)
            for serializer in ("cloudpickle", "dill"):
                check("many", LARGE, serializer)
                check("F", LARGE, serializer)
            assert not mapped()
        """,
    )


def test_an_array_is_mapped(environment):
    """It lies in the store, can be written, and is the caller's alone; the
    last array of a result lets the store go, and no descriptor holds it."""
    check(
        environment,
        SCRATCH
        + """
        both = "[__import__('numpy').full(1 << 18, n) for n in (1, 2)]"
        run(eval, (both,))
        before = descriptors()
        first, second = run(eval, (both,))
        again = run(eval, (both,))[0]
        assert mapped() == 2 * STORES
        assert first.flags.writeable and first.flags.aligned
        assert first.ctypes.data % 64 == second.ctypes.data % 64 == 0
        first[:] = 5
        assert (again == 1).all() and (second == 2).all()
        del first, again
        assert mapped() == 1 * STORES and (second == 2).all()
        del second
        assert not mapped() and descriptors() == before
        value = run(eval, ("(bytes(1 << 22), bytearray(1 << 22))",))
        assert type(value[0]) is bytes and type(value[1]) is bytearray
        assert not mapped()
        """,
    )


def test_an_argument_is_mapped(environment):
    """The function can write to an array, which the caller does not see; one
    that the caller may not write stays so."""
    check(
        environment,
        SCRATCH
        + """
        def change(array):
            writable = array.flags.writeable
            if writable:
                array.fill(7)
            return writable, int(array.sum())
        array = np.ones(1 << 18)
        own = partial(run, serializer="cloudpickle")
        assert own(change, (array,)) == (True, 7 << 18)
        assert (array == 1).all()
        array.flags.writeable = False
        assert own(change, (array,)) == (False, 1 << 18)
        """,
    )


def test_limits_count_them(environment):
    """A large argument is memory of the guest's; a result is measured as it
    lies in the store; a limit on files does not matter."""
    check(
        environment,
        SCRATCH
        + """
        limits = Limits(memory=128 << 20)
        assert run(len, (bytes(40 << 20),), limits=limits) == 40 << 20
        limits = Limits(memory=32 << 20)
        refused(MemoryError, run, len, (np.ones(6 << 20),), limits=limits)
        refused(MemoryError, run, len, (bytes(40 << 20),), limits=limits)
        assert run(abs, (-1,), limits=limits) == 1
        make = "__import__('numpy').zeros(%d, 'u1')"
        limits = Limits(result=4 << 20)
        error = refused(LimitExceeded, run, eval, (make % (4 << 20),),
                        limits=limits)
        assert error.resource == "result"
        array = run(eval, (make % ((4 << 20) - 4096),), limits=limits)
        assert array.nbytes == (4 << 20) - 4096
        none = Limits(file_size=0)
        assert not run(eval, (make % (5 << 20),), limits=none).any()
        assert run(bytes, (5 << 20,), limits=none) == bytes(5 << 20)
        # Written twice the value, the stream would be beyond this limit.
        limits = Limits(memory=100 << 20)
        assert len(run(bytes, (60 << 20,), limits=limits)) == 60 << 20
        """,
    )


def test_without_stores(environment):
    """Where the caller's limits allow none, or the guest has no descriptor
    left, everything goes over the socket."""
    check(
        environment,
        SCRATCH
        + """
        import resource
        def plain(array):
            return array, b"x" * (3 << 20)
        def full(array):
            while True:
                try:
                    os.dup(1)
                except OSError:
                    return array, b"x" * (3 << 20)
        array = np.arange(1 << 19)
        def check(function):
            back = run(function, (array,), serializer="cloudpickle")
            assert np.array_equal(back[0], array) and back[0].flags.writeable
            assert back[1] == b"x" * (3 << 20)
            return mapped()
        assert check(plain) == STORES
        assert check(full) == 0
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        assert check(plain) == 0
        """,
    )


def test_a_buffer_as_the_value(environment):
    """pickle.PickleBuffer: bytes or a bytearray in the stream, and beside it
    a view of the same bytes; with the serializer's own loads as well."""
    check(
        environment,
        SCRATCH
        + """
        make = "__import__('pickle').PickleBuffer(b'ab' * %d)"
        for options in ({}, {"trust_result": True}):
            assert run(eval, (make % 2,), **options) == b"abab"
            view = run(eval, (make % (1 << 20),), **options)
            assert view == b"ab" * (1 << 20)
        """,
    )


def test_a_request_that_is_not_sent():
    """Forgotten, it leaves no descriptor behind."""

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    payload = encode("pickle", len, (bytes(1 << 20),), {})
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
