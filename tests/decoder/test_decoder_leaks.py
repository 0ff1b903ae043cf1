"""Nothing is left of a decode: no memory, object, reference or descriptor.

A hundred thousand decodes, of good streams and of refused ones.
"""

import collections
import gc
import os
import pathlib
import pickle
import sys

import numpy as np
from decoder_classes import Point
from decoder_values import PROTOCOLS
from hostile_streams import ALLOW, BAD_CALLS, MALFORMED, code_streams
from numpy_streams import BAD_NUMPY
from pickle_streams import HEAD, name, run_python

from boxed import _boxed

BUILDERS = {
    "m:pair": lambda left, *parts: (list(parts), 99),
    "m:bad": lambda left: 1 / 0,
}


def everything():
    """Good and refused streams of every kind, and their buffers."""
    values = [
        *(1, "a", [1, (2, {3}), {"a": b"b"}], Point(1, [2])),
        *(collections.Counter("abc"), collections.deque([1], 3)),
        *(np.arange(5), np.float32(1), {(1, (2,)), frozenset([3])}),
        *(None, 1.5, 2**70, b"a", bytearray(b"b"), range(3), slice(1), {4}),
    ]
    for protocol in PROTOCOLS:
        for value in values:
            data = pickle.dumps(value, protocol)
            yield data, ()
            yield data[:-1], ()
            yield data[: len(data) // 2] + b".", ()
    for data in [data for _, data in MALFORMED]:
        yield data, ()
    for data in BAD_CALLS + BAD_NUMPY:
        yield HEAD + data + b".", ()
    for data in code_streams("/nonexistent/canary").values():
        yield data, ()
    buffers = []
    data = pickle.dumps(np.arange(9), 5, buffer_callback=buffers.append)
    yield data, (buffers[0].raw(),)
    yield data, ()
    yield b"\x80\x05\x97\x98.", (bytearray(b"abc"),)
    yield HEAD + name("m", "pair") + b"](K\x01K\x02eN\x86R.", ()
    yield HEAD + name("m", "pair") + b")\x81.", ()
    yield HEAD + name("m", "bad") + b")R.", ()


def decode_all(streams, rounds):
    """How many of each: read and refused."""
    read = refused = 0
    for _ in range(rounds):
        for data, buffers in streams:
            try:
                _boxed.decode(
                    data, allow=ALLOW, buffers=buffers, builders=BUILDERS
                )
                read += 1
            except _boxed.DecodeError:
                refused += 1
    return read, refused


def resident():
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def measure(watched):
    gc.collect()
    return {
        "blocks": sys.getallocatedblocks(),
        "objects": len(gc.get_objects()),
        "descriptors": len([*pathlib.Path("/proc/self/fd").iterdir()]),
        "modules": len(sys.modules),
        "resident": resident(),
        **{f"reference {i}": sys.getrefcount(v) for i, v in watched},
    }


def test_nothing_is_left():
    """Every count is level over the second 10^5 of decodes."""
    streams = list(everything())
    shared = [Point, _boxed.DecodeError, ALLOW, BUILDERS, (), np.ndarray]
    shared += [BUILDERS["m:pair"], streams[5][0], np.dtype("i8"), None]
    watched = list(enumerate(shared))
    times = 100_000 // len(streams) + 1
    decode_all(streams, times)
    before = measure(watched)
    read, refused = decode_all(streams, times)
    after = measure(watched)
    assert read + refused >= 100_000 and read > 10_000
    grown = {name: after[name] - before[name] for name in before}
    # As much as a test's own bookkeeping may take; one byte a decode shows.
    assert grown.pop("resident") < 1 << 20
    # Caches of the library fill at random: by 500 and less each time.
    assert grown.pop("blocks") < 1000
    assert grown.pop("objects") < 20
    assert max(grown.values()) < 5, grown
    assert gc.isenabled()


def test_what_is_left_would_show(monkeypatch):
    """The measure sees a leak of one list and some memory in a decode."""
    kept = []

    def leak(*parts):
        kept.append([parts, bytes(2000)])
        return None, 0

    leaking = {**BUILDERS, "m:pair": leak}
    monkeypatch.setitem(globals(), "BUILDERS", leaking)
    streams = list(everything())[-3:]
    decode_all(streams, 100)
    before = measure([])
    decode_all(streams, 20_000)
    after = measure([])
    assert after["blocks"] - before["blocks"] > 20_000
    assert after["objects"] - before["objects"] > 20_000
    assert after["resident"] - before["resident"] > 1 << 20


def test_no_memory_means_memory_error():
    """An allocation that fails while decoding is a MemoryError."""
    data = HEAD + b"](" + b"]" * 3_000_000 + b"e."
    program = """
import resource, sys
from boxed import _boxed
data = sys.stdin.buffer.read()
used = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
try:
    _boxed.decode(data)
except MemoryError:
    print("memory")
print(_boxed.decode(b"\\x80\\x05](NNe."))
"""
    done = run_python(program, stdin=data)
    assert done.stdout == b"memory\n[None, None]\n", done.stderr
