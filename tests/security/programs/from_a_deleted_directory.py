"""Run by test_hygiene: the first entry of sys.path is the argument."""

import os
import sys
from math import sqrt

from harness import run

sys.path[:1] = sys.argv[1:]
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
print(run(sqrt, args=(4,), serializer="json"))
