"""Run by test_memory where there are cgroups: no guest ends a keeper, nor
changes a cgroup, with its uid or another.  The control: this process, which
has the keeper's uid, can do both."""

import os
import signal

from cgroup_tree import made
from harness import call
from standby_state import box, keeper

from boxed._live.registry import close_all

NAMES = (
    *("tasks", "memory.limit_in_bytes", "memory.oom_control"),
    *("cgroup.procs", "memory.max"),
)
KILLS = """
import os, signal
told = []
for pid in PIDS:
    for end in (os.kill, os.killpg):
        try:
            end(pid, signal.SIGKILL)
            told.append("done")
        except OSError as error:
            told.append(error.errno)
raise LookupError(told)
"""
WRITES = """
import os
for path in PATHS:
    try:
        open(path, "w").write("max")
    except OSError:
        continue
    raise LookupError(path)
"""


def attempt(code, **names):
    setting = "".join(f"{name} = {names[name]!r}\n" for name in names)
    return call(exec, (setting + code,), serializer="pickle")


assert call(abs, (-1,)).cause == "returned"
pid = keeper()
outcome = attempt(KILLS, PIDS=[pid, os.getpid(), box().pid])
assert outcome.cause == "raised", outcome
assert "done" not in str(outcome.exception), outcome
# Whatever it may signal, itself included.
attempt(KILLS, PIDS=[-1])
assert keeper() == pid
(own,) = made()
files = [path for path in own.glob("*/*") if path.name in NAMES]
assert files
outcome = attempt(WRITES, PATHS=[str(path) for path in files])
assert outcome.cause == "returned", outcome
limits = [path for path in files if path.name in (NAMES[1], NAMES[-1])]
limits[0].write_text("1G")
os.kill(pid, 0)
os.kill(pid, signal.SIGKILL)
# What it leaves the next one removes.
for _ in range(2):
    close_all()
    assert call(abs, (-1,)).cause == "returned"
close_all()
assert not made()
