"""Run by test_odd_paths."""

import os
import sys

from harness import refused, run
from project import fresh

base = fresh()
os.chdir(base)
os.rmdir(base)
sys.path[:0] = ["", "relative"]
refused(FileNotFoundError, os.getcwd)
assert run(abs, (-1,)) == 1
