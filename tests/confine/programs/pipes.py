"""Run by test_shared_counts."""

import fcntl
import os

from counted import pages
from harness import told

count, held = told(pages)
assert 120 <= count <= 128 and held <= 16 * count, (count, held)
near, far = os.pipe()
assert fcntl.fcntl(near, 1031, 1 << 20) == 1 << 20
