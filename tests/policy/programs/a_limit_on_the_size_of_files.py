"""Run by test_places."""

import resource
import shutil
import sys

from harness import refused, run
from project import fresh, put

from boxed import SetupError

base = fresh()
sys.path.insert(0, base)
put(base, "ways.py")
for number in range(20):
    put(base, f"other{number}.py", text="#" * 20000)
import ways

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
error = refused(SetupError, run, ways.read, ("/dev/null",))
assert base in str(error) and "too large" in str(error), error
assert run(ways.read, ("/dev/null",), read=[base]) == b""
shutil.rmtree(base)
