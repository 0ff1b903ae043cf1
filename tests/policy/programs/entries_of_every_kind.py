"""Run by test_odd_paths."""

import os
import pathlib
import shutil
import sys
from typing import Any

from harness import refused, run
from project import fresh, put

base = fresh()
put(base, "real/ways.py")
os.symlink("loop2", base + "/loop1")
os.symlink("loop1", base + "/loop2")
os.symlink("nowhere", base + "/dangling")
os.symlink(".", base + "/self")
os.symlink("real", base + "/linked")
os.mkfifo(base + "/fifo")
put(base, "plain.txt")
odd: list[Any] = [
    None,
    1,
    b"/x",
    pathlib.Path(base),
    "",
    "a" * 5000,
    "/" + "a" * 300,
    base + "/loop1",
    base + "/dangling",
    base + "/fifo",
    base + "/plain.txt",
    base + "/self/self/self",
    base + "/../../.." + base + "/linked",
    "/dev/null",
    "/proc",
    "/" + base,
    "/" + base + "/linked",
    "//",
    "///",
    "//proc",
    base + "/odd\udcff",
    "/dev/shm",
    "/dev",
]
sys.path[:0] = odd
os.mkdir(os.fsencode(base) + b"/odd\xff")
import ways

sys.path.append("a\0b")
assert run(ways.read, ("/dev/null",)) == b""
refused(OSError, run, ways.read, (base + "/plain.txt/x",))
shutil.rmtree(os.fsencode(base))
