"""Guests that have little memory or use it up, each in its way."""

import errno
import mmap
import os
import signal
import time

MIB = 1 << 20


def grow(step=MIB):
    held = []
    while True:
        held.append(bytearray(b"x") * step)


def double():
    text = "x" * 1000
    while True:
        text += text


def grow_arrays():
    import numpy

    held = []
    while True:
        held.append(numpy.ones(MIB))


def _fill():
    """All but what no mapping of a megabyte fits in."""
    held = []
    try:
        while True:
            held.append(mmap.mmap(-1, MIB, mmap.MAP_PRIVATE))
            held[-1][::4096] = b"x" * 256
    except OSError:
        return held


def fill_and_import():
    held = _fill()
    import numpy

    return len(held), numpy


def share():
    """What no limit of a process on private memory counts."""
    block = mmap.mmap(-1, 200 * MIB)
    block[::4096] = b"x" * len(block[::4096])
    hold()


def hold():
    """Who watches may be late; nobody gets here where the kernel counts."""
    while True:
        time.sleep(1)


def share_in_child(then):
    child = os.fork()
    if child == 0:
        share()
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0 and then == "raise":
        raise ChildProcessError("it has not done its work")


def write_files(folder="/tmp"):
    for number in range(100):
        with open(f"{folder}/{number}", "wb") as file:
            file.write(b"x" * MIB)


def fill_pipes():
    held = []
    while True:
        read, write = os.pipe()
        held.append((read, write))
        os.set_blocking(write, False)
        os.write(write, b"x" * 65536)


def make_page_tables():
    import ctypes

    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
        *(ctypes.c_int, ctypes.c_int, ctypes.c_long),
    ]
    for number in range(60000):
        at = libc.mmap((16 << 40) + (number << 30), 4096, 1, 0x22, -1, 0)
        ctypes.string_at(at, 1)
    hold()


def fill_and_exit():
    held = _fill()
    os._exit(3 if held else 4)


def fill_and_return():
    try:
        grow()
    except MemoryError:
        return "enough"


def fill_and_raise():
    try:
        grow()
    except MemoryError:
        pass
    raise ValueError("not of memory")


def leave(error):
    raise error


def leave_without_memory():
    raise OSError(errno.ENOMEM, "of its own")


def ask_for_much():
    """More than it may have, at once."""
    bytearray(1 << 40)


def kill_oneself():
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def read_a_file(path, how):
    """What the kernel keeps of it is nobody's need."""
    with open(path, "rb") as file:
        if how == "map":
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            sum(view[::4096])
        while file.read(MIB):
            pass
    raise MemoryError("of its own")


def write_and_remove_a_file(path):
    with open(path, "wb") as file:
        for _ in range(300):
            file.write(b"x" * MIB)
    os.unlink(path)
    os._exit(3)


def use_arrays():
    import numpy

    return int(numpy.ones(100 * MIB // 8).sum())


def small_and_large(which):
    """A call that dies of memory, and one beside it that says it does."""
    time.sleep(0.1)
    if which == "large":
        grow()
    raise MemoryError("of its own")
