"""Run by test_tighter_limits: each limit of one call, tighter than the
Sandbox's, rules that call and no other, and is named with its own number."""

import errno
import os
import threading
import time

import cloudpickle
from harness import Sandbox, refused

from boxed import LimitExceeded, Limits

MIB = 1 << 20


def spin():
    while True:
        pass


def grow():
    held = []
    while True:
        held.append(bytearray(b"x") * MIB)


def share(mebibytes):
    import mmap

    block = mmap.mmap(-1, mebibytes * MIB)
    block[::4096] = b"x" * len(block[::4096])
    return len(block)


def write(size):
    print("x" * size)


def start_threads(most):
    """How many there are beside the first, once no more can be started."""
    waits = threading.Event()
    count = 0
    try:
        for _ in range(most):
            threading.Thread(target=waits.wait, daemon=True).start()
            count += 1
    except RuntimeError:
        pass
    waits.set()
    return count


def open_files(most):
    held = []
    try:
        for _ in range(most):
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        assert error.errno == errno.EMFILE
    return len(held) + 4


def fill_file(size):
    try:
        with open("/tmp/file", "wb", 0) as file:
            return file.write(b"x" * size)
    except OSError as error:
        return error.errno


def exceeded(name, limit, what, *args):
    """A call with this limit of its own ends by it."""
    before = time.monotonic()
    outcome = sandbox.call(what, args, limits=Limits(**{name: limit}))
    error = outcome.exception
    assert outcome.cause == name, outcome
    assert isinstance(error, LimitExceeded), outcome
    assert error.resource == name and error.limit == limit, error
    assert error.used is None or error.used >= limit / 2, error.used
    assert time.monotonic() - before < 60


cloudpickle.register_pickle_by_value(__import__(__name__))
WIDE = Limits(
    cpu_time=60, memory=512 * MIB, threads=32, open_files=128, output=MIB
)
with Sandbox(
    serializer="cloudpickle", limits=WIDE, stdout="capture"
) as sandbox:
    namespaces = sandbox.call(abs, (-1,)).tier in ("full", "rootless")
    for _ in range(2):
        exceeded("cpu_time", 0.3, spin)
        exceeded("memory", 32 * MIB, grow)
        exceeded("memory", 48 * MIB, share, 250)
        exceeded("output", 1000, write, 5000)
        exceeded("result", 1000, bytes, 5000)
        error = refused(
            LimitExceeded,
            sandbox.run,
            len,
            (b"x" * 5000,),
            limits=Limits(request=1000),
        )
        assert error.resource == "request" and error.limit == 1000, error
        assert (
            sandbox.run(open_files, (100,), limits=Limits(open_files=40)) <= 40
        )
        assert sandbox.run(open_files, (100,)) > 90
        if namespaces:
            few = Limits(threads=5)
            assert sandbox.run(start_threads, (20,), limits=few) == 4
            assert sandbox.run(start_threads, (20,)) == 20
            small = Limits(file_size=1000)
            assert sandbox.run(fill_file, (5000,), limits=small) == 1000
            assert sandbox.run(fill_file, (5000,)) == 5000
        # None of it is the next call's.
        assert sandbox.run(share, (300,)) == 300 * MIB
        assert sandbox.call(write, (5000,)).stdout == "x" * 5000 + "\n"
        assert len(sandbox.run(bytes, (5000,))) == 5000
