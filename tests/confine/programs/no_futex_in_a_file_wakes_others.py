"""Run by test_shared_files: the numbers of futex and set_tid_address."""

import os
import sys

import futexes
from harness import text, told

ARGS = (os.path.join(os.path.dirname(os.__file__), "textwrap.py"),)
ARGS += tuple(map(int, sys.argv[1:]))


def wake(way, code, args):
    names: dict = {}
    exec(code, names)
    return names["Futexes"](*args).wake(way)


outside = futexes.Futexes(*ARGS)
for way in (futexes.SHARED, futexes.PRIVATE):
    pid = outside.waiter()
    assert told(wake, way, text(futexes), ARGS) == 0
    assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    assert outside.wake(way) == 1
    os.waitpid(pid, 0)
