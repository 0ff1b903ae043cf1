"""Guests that have memory which no limit of one process bounds well."""

import mmap
import os
import sys
import threading
import time

MIB = 1 << 20


def share(mebibytes):
    block = mmap.mmap(-1, mebibytes * MIB)
    block[::4096] = b"x" * len(block[::4096])
    return len(block) // MIB


def map_pages(mebibytes):
    """Each page has a table of its own, and a directory of these."""
    import ctypes

    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
        *(ctypes.c_int, ctypes.c_int, ctypes.c_long),
    ]
    for number in range(mebibytes * 128):
        at = libc.mmap((16 << 40) + (number << 30), 4096, 1, 0x22, -1, 0)
        ctypes.string_at(at, 1)
    return mebibytes


def fork_and_fill(mebibytes, children):
    """Each child has as much of its own."""
    made = []
    for _ in range(children):
        child = os.fork()
        if child == 0:
            held = b"x" * (mebibytes * MIB + 1)
            time.sleep(1)
            os._exit(0 if held else 1)
        made.append(child)
    return sum(os.waitpid(child, 0)[1] == 0 for child in made)


def fork_and_share(mebibytes, children):
    """All have the same."""
    held = b"x" * (mebibytes * MIB)
    return fork_and_fill(0, children) if held else 0


def flee():
    """Its first thread ends, and another one goes on."""
    import ctypes

    def go_on():
        share(200)
        time.sleep(60)

    threading.Thread(target=go_on).start()
    number = 60 if os.uname().machine == "x86_64" else 93
    ctypes.CDLL(None).syscall(number, 0)
    sys.exit("it has not ended")


def rename_and_share(mebibytes):
    """With a name that looks like what the kernel tells of a process."""
    import ctypes

    name = b"\nRssShmem:\t0 kB"
    assert ctypes.CDLL(None).prctl(15, name[:15], 0, 0, 0) == 0
    time.sleep(0.02)
    return share(mebibytes)
