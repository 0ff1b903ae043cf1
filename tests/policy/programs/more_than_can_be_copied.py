"""Run by test_places."""

import os
import shutil
import sys

from harness import refused, run
from project import fresh, put

from boxed import SetupError

base, other = fresh(), fresh()
sys.path[:0] = [base, other]
put(other, "ways.py")
for number in range(3):
    path = put(base, f"large{number}.py", text="", mode=0o600)
    os.truncate(path, 60 << 20)
import ways

error = refused(SetupError, run, ways.read, ("/dev/null",))
assert base in str(error) and "path=" in error.remedy, error
assert run(ways.read, ("/dev/null",), path=[other]) == b""
assert run(ways.read, ("/dev/null",), read=[base]) == b""
shutil.rmtree(base), shutil.rmtree(other)
