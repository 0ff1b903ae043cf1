"""For programs of test_shared_files: futexes in a page of a file.

A guest has this text for its own; the arguments say where, and by which
numbers the system calls are made.
"""

from __future__ import annotations

import ctypes
import os
import threading

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p

WAIT, WAKE = 0, 1
SHARED, PRIVATE = 1, 2


class Futexes:
    """Each maps the file anew.

    :param path: the file, which it may only read.
    :param futex: the number of the call; of set_tid_address, `tid`.
    """

    def __init__(self, path, futex, tid):
        self.path, self.number, self.tid = path, futex, tid

    def mapped(self, way):
        """A page of the file, by a shared or a private mapping, untouched."""
        file = os.open(self.path, os.O_RDONLY)
        at = libc.mmap(None, 4096, 1, way, file, 0)
        ctypes.string_at(at, 1)
        return at

    def call(self, at, op, value, limit=None):
        where = ctypes.c_void_p(at)
        until = None if limit is None else ctypes.byref(limit)
        got = libc.syscall(self.number, where, op, value, until, None, -1)
        return -ctypes.get_errno() if got < 0 else got

    def wait(self, way, limit=None):
        at = self.mapped(way)
        value = ctypes.c_uint32.from_address(at).value
        return self.call(at, WAIT, value, limit)

    def wake(self, way):
        return self.call(self.mapped(way), WAKE, 1000)

    def end_thread(self):
        """The kernel wakes at the address that a thread named, when it
        ends."""
        at = self.mapped(SHARED)
        thread = threading.Thread(
            target=lambda: libc.syscall(self.tid, ctypes.c_void_p(at))
        )
        thread.start()
        thread.join()

    def waiter(self):
        """A child that waits."""
        near, far = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(far, b"?")
            self.wait(SHARED)
            os._exit(0)
        os.read(near, 1)
        # Until it sleeps in the call, by what the kernel says.
        while f"{self.number} " not in open(f"/proc/{pid}/syscall").read():
            os.sched_yield()
        return pid
