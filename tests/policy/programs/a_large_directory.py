"""Run by test_places."""

import os
import shutil
import sys

from harness import run
from project import fresh, put

base = fresh()
sys.path.insert(0, base)
for number in range(100_001):
    os.mknod(f"{base}/{number}.txt")
put(base, "ways.py")
import ways

assert run(ways.read, ("/dev/null",)) == b""
assert run(os.listdir, (base,)) in (
    ["ways.py"],
    ["ways.py", "__pycache__"],
    ["__pycache__", "ways.py"],
)
shutil.rmtree(base)
