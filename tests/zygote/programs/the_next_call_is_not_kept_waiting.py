"""Run by test_linger.

Workers that have answered stay for a while.  Were a call to wait for their
end, or be sent to one, there would never be two of them.
"""

import os
from pathlib import Path

from harness import run
from standby_state import until, workers


def inside(pid):
    """The number that a process has in its sandbox; None: it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state = next(line for line in lines if line.startswith("State:"))
    numbers = next(line for line in lines if line.startswith("NSpid:"))
    return None if "Z" in state else int(numbers.split()[-1])


answered = []
most = 0
for _ in range(300):
    answered.append(run(os.getpid))
    lingering = {inside(pid) for pid in workers()} & {*answered}
    most = max(most, len(lingering))
assert len({*answered}) == len(answered), "one served two calls"
assert most >= 2, most
until(lambda: not {inside(pid) for pid in workers()} & {*answered})
