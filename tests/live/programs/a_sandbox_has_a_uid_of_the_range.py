"""Run by test_pool: the first uid of the range, and how many there are."""

import os
import sys

from harness import run
from standby_state import box

first, count = map(int, sys.argv[1:])
assert run(os.getuid) == 65534
status = open(f"/proc/{box().pid}/status").read()
(uids,) = [
    line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")
]
assert len(set(uids)) == 1, uids
assert first <= int(uids[0]) < first + count, uids
