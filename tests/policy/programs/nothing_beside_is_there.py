"""Run by test_places."""

import os
import shutil
import sys

from harness import run
from project import fresh, put

base = fresh()
sys.path.insert(0, base)
put(base, "ways.py")
put(base, "pack/__init__.py")
put(base, ".env")
put(base, "pack/.env")
put(base, "notes.txt")
put(base, "pack/notes.txt")
seen = set(run(os.listdir, (base,)))
assert seen - {"__pycache__"} == {"pack", "ways.py"}, seen
assert sorted(run(os.listdir, (base + "/pack",))) == [
    "__init__.py",
    "notes.txt",
]
assert run(os.listdir, (os.path.dirname(base),)) == [os.path.basename(base)]
shutil.rmtree(base)
