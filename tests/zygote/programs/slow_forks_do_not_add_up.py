"""Run by test_families: the number of clone(2)."""

import sys

from families import forks_slowly
from harness import told

from boxed import Limits

CLONE = int(sys.argv[1])
for most, wanted in ((2, 1), (20, 8)):
    limits = Limits(processes=most, memory=1 << 30)
    left = told(forks_slowly, most, CLONE, limits=limits, timeout=60)
    assert left == wanted, (most, left)
