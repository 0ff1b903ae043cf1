"""Run by test_shared_counts."""

from counted import watched
from harness import told

from boxed import Limits

assert told(watched, 9, limits=Limits(processes=2)) == 18
assert told(watched, 9, network=True) == 18
