"""Run by test_limits."""

import mmap

from harness import call, refused, run, told

from boxed import Limits


def hoard():
    """How many bytes it came to hold, of all kinds."""
    import fcntl
    import mmap
    import os
    import socket

    held: list = []
    total = 0

    def private():
        held.append(bytearray(1 << 20))
        return 1 << 20

    def shared():
        block = mmap.mmap(-1, 64 << 20)
        block[::4096] = bytes(len(block[::4096]))
        held.append(block)
        return 64 << 20

    def file(folder):
        name = f"{folder}/{len(held)}"
        with open(name, "wb", 0) as out:
            put = out.write(bytes(1 << 20))
        held.append(name)
        return put or 0

    def memory_file():
        held.append(os.memfd_create("x"))
        return os.write(held[-1], bytes(64 << 20))

    def pipe():
        near, far = os.pipe()
        held.append((near, far))
        fcntl.fcntl(far, 1031, 1 << 20)
        os.set_blocking(far, False)
        return os.write(far, bytes(1 << 20))

    def pair():
        near, far = socket.socketpair()
        held.append((near, far))
        far.setblocking(False)
        return far.send(bytes(1 << 20))

    for take in (
        *(shared, lambda: file("/tmp"), lambda: file("/dev/shm")),
        *(memory_file, pipe, pair, private),
    ):
        try:
            while True:
                total += take()
        except (OSError, MemoryError, ValueError):
            pass
    # There is to be room to tell it.
    held.clear()
    return total


small = Limits(memory=64 << 20, tmp_size=8 << 20, open_files=64)
# All of it together has one limit, which ends it.
assert {"memory cgroup", "memory watch"} & set(call(abs, (-1,)).walls)
total = refused(MemoryError, told, hoard, limits=small).used
bound = 4 * 64 << 20
assert 64 << 20 < total < bound, total
outside = mmap.mmap(-1, 2 * bound)
outside.close()
assert run(abs, (-1,)) == 1
