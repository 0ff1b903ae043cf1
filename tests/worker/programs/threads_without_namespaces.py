"""Run by test_limits."""

from harness import run, told
from threading_guests import start

from boxed import Limits

assert 8 <= told(start, 5000, 65536, limits=Limits(threads=8)) < 1000
assert run(abs, (-1,)) == 1
