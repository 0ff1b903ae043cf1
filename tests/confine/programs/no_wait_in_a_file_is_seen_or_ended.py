"""Run by test_shared_files: the numbers of futex and set_tid_address."""

import os
import sys

import futexes
from harness import text, told

ARGS = (os.path.join(os.path.dirname(os.__file__), "textwrap.py"),)
ARGS += tuple(map(int, sys.argv[1:]))


def wait(way, code, args):
    import ctypes

    names: dict = {}
    exec(code, names)
    here = names["Futexes"](*args)
    limit = (ctypes.c_long * 2)(1000, 0)
    return here.wait(way), here.wait(way, limit)


for way in (futexes.SHARED, futexes.PRIVATE):
    assert told(wait, way, text(futexes), ARGS) == (-11, -75)
outside = futexes.Futexes(*ARGS)
for end in (lambda: outside.wake(futexes.SHARED), outside.end_thread):
    pid = outside.waiter()
    end()
    assert os.waitpid(pid, 0) == (pid, 0)
