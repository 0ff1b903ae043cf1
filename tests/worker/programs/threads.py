"""Run by test_limits."""

from harness import told
from threading_guests import start

from boxed import Limits

assert told(start, 40, limits=Limits(threads=8)) == 7
assert told(start, 40) == 40
