"""Run by test_linger: what becomes of a guest's worker.

The first argument says where: "closed", the call is, as every call; "kept",
it stays open; "then closed", it is closed while the worker is there.
"""

import sys
import time

from harness import run
from kept_open import keep, kept
from standby_state import until, workers

where, guest = sys.argv[1:]
if where != "closed":
    keep()
assert run(exec, (guest,)) is None
if where == "then closed":
    time.sleep(3)
    assert len(workers()) == 1
    kept.pop().close()
until(lambda: not workers())
