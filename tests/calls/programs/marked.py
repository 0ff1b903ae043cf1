"""What programs of test_syscalls begin with: the text of this is before
theirs, so that no module of the tests is among the caller's."""

# What pickle imports, and most programs have.
import copyreg  # noqa: F401
import functools  # noqa: F401
import os
import sys

import boxed
from boxed import run

# As of one that is installed: no place whose modules are looked for.
above = os.path.dirname(os.path.dirname(boxed.__file__))
sys.path[:] = [path for path in sys.path if path != above]

__all__ = ["mark", "run"]


def mark(name):
    os.write(2, b"mark " + name.encode() + b"\n")
