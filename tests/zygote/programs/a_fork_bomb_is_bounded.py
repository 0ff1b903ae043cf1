"""Run by test_families."""

import os

from families import bombs
from harness import run, told

from boxed import Limits

limits = Limits(processes=8, threads=4)
assert told(bombs, limits=limits) == (7, True)
assert run(abs, (-1,)) == 1
if os.fork() == 0:
    os._exit(0)
os.wait()
