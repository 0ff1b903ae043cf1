"""Run by test_shared_counts: how many there may be."""

import sys

from counted import waiting
from harness import told

# Beyond the limit they are one and the same.
assert 0 < told(waiting, 500) <= int(sys.argv[1]) + 1
assert waiting(500) == 500
