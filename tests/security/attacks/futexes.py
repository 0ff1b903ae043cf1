"""Waits on a page of a file that two guests both map."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct

from .calls import call


def shared_page() -> int:
    """The same page of a file of the tests' that both read, shared."""
    with open(os.path.abspath(__file__), "rb") as file:
        page = mmap.mmap(
            file.fileno(), 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ
        )
    globals().setdefault("pages", []).append(page)
    return address_of(page)


def address_of(page: mmap.mmap) -> int:
    """Where a read-only mapping is: ctypes takes writable buffers only."""

    class Buffer(ctypes.Structure):
        _fields_ = [
            ("buf", ctypes.c_void_p),
            ("obj", ctypes.py_object),
            ("rest", ctypes.c_char * 128),
        ]

    view = Buffer()
    api = ctypes.pythonapi
    api.PyObject_GetBuffer.argtypes = (
        ctypes.py_object,
        ctypes.c_void_p,
        ctypes.c_int,
    )
    api.PyObject_GetBuffer(page, ctypes.addressof(view), 0)
    return view.buf


WORD_TO_MOVE, WORD_TO_WAKE, WORD_FREE = 0, 128, 256
FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE = 0, 1, 3


def wait_on(at: int, seconds: float) -> bool:
    """Whether a wait on a word of a shared page was ended by somebody."""
    value = ctypes.c_int.from_address(at).value
    limit = struct.pack("qq", int(seconds), int(seconds % 1 * 1e9))
    try:
        call("futex", at, FUTEX_WAIT, value, limit, 0, 0)
    except OSError:
        return False
    return True


def wake_others(at: int) -> bool:
    at += WORD_TO_WAKE
    return call("futex", at, FUTEX_WAKE, 100, 0, 0, 0) > 0


def move_others(at: int) -> bool:
    to = at + WORD_FREE
    at += WORD_TO_MOVE
    return call("futex", at, FUTEX_REQUEUE, 0, 100, to, 0) > 0
