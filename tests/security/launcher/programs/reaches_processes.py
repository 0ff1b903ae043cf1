"""Run by test_intruders: processes to reach."""

import json
import os
import resource
import sys
from errno import errorcode

told = []


def ways(pid):
    return (
        lambda: os.kill(pid, 0),
        lambda: os.kill(pid, 9),
        lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
        lambda: os.sched_setaffinity(pid, {0}),
        lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0)),
        lambda: open(f"/proc/{pid}/environ"),
        lambda: open(f"/proc/{pid}/maps"),
        lambda: os.listdir(f"/proc/{pid}/fd"),
        lambda: os.listdir(f"/proc/{pid}/root"),
        lambda: os.listdir(f"/proc/{pid}/cwd"),
        lambda: os.readlink(f"/proc/{pid}/exe"),
        lambda: open(f"/proc/{pid}/oom_score_adj", "w"),
    )


for pid in map(int, sys.argv[1:]):
    for call in ways(pid):
        try:
            call()
        except OSError as error:
            told.append(errorcode[error.errno or 0])
        else:
            told.append("done")
print(json.dumps(told))
