"""Run by test_call_memory: calls that die in their own ways, and one that
answers; of each, the most that it had."""

import pickle
import time

from harness import run

from boxed import Limits, _boxed
from boxed._live.registry import shared

MIB = 1 << 20
GROW = "x = b'1' * (100 << 20)\n"
ENDS = ("import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)")

run(abs, (-1,), limits=Limits(memory=256 * MIB))
(box,) = [slot.box for slot in shared.slots.values()]


def told(source):
    """What was told of the memory of a call that runs a source."""
    live = box.open_call()
    assert live.memory is None
    live.request(pickle.dumps((exec, (source,), {}), 5))
    limit = time.monotonic_ns() + 60 * 10**9
    live.wait(limit)
    live.kill()
    assert live.wait_end(limit) == _boxed.CALL_ENDED
    return live.memory


small = told("pass")[1]
assert 0 < small < 60 * MIB, small
for end in ("", *ENDS):
    ruled_by, peak, limit, full, kills = told(GROW + end)
    assert ruled_by in ("rlimit", "cgroup v1", "cgroup v2")
    assert 100 * MIB <= peak <= small + 110 * MIB, (peak, small)
    assert limit == 0 or limit >= 256 * MIB
    assert (full, kills) == (0, 0)
