"""Run by test_hygiene, wherever the caller is; the first argument, if any, is
what has to be in the interpreter's name."""

import sys
from math import sqrt

from harness import run

assert sys.argv[1:] in ([], ["named"])
assert not sys.argv[1:] or ".." in sys.executable.split("/")
print(run(sqrt, args=(4,), serializer="json"))
