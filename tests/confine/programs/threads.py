"""Run by test_seccomp_effect: a library with the filter, and when to enter."""

import os
import pathlib
import sys
import threading

sys.path.insert(0, os.path.dirname(sys.argv[0]))
from in_worker import enter

library, when = sys.argv[1:]
if when == "early":
    enter(library)
ready, go = threading.Event(), threading.Event()
thread = threading.Thread(target=lambda: (ready.set(), go.wait()))
thread.start()
ready.wait()
if when == "late":
    enter(library)
for task in pathlib.Path("/proc/self/task").iterdir():
    status = (task / "status").read_text().split()
    print(
        status[status.index("Seccomp:") + 1],
        status[status.index("NoNewPrivs:") + 1],
    )
go.set()
thread.join()
