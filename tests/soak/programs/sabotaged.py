"""Run by test_soak, the control: what is wrong or left, the soak finds."""

import os
import sys
from typing import Any

import remains
import soak

import boxed._calls.answer as answer
from boxed._live.prefork import Standbys

kept: list[Any] = []
_read, _take = answer.read, Standbys.take


def read(*args):
    """Another value, now and then."""
    kept.append(0)
    return _read(*args) if len(kept) % 20 else "another value"


def take(self):
    WHAT[sys.argv[1]]()
    return _take(self)


def leave_a_process():
    if len(kept) == 0:
        kept.append(os.fork())
        if kept[-1] == 0:
            os.closerange(0, 99)
            os.execv(sys.executable, [sys.executable, "-c", SLEEP])


SLEEP = f"import time; time.sleep({30 * 60})"
WHAT = {
    "value": lambda: None,
    "descriptor": lambda: kept.append(os.dup(0)),
    "process": leave_a_process,
    "memory": lambda: kept.append(b"x" * (4 << 20)),
    "objects": lambda: kept.extend([] for _ in range(1000)),
}

if __name__ == "__main__":
    if sys.argv[1] == "value":
        answer.read = read
    Standbys.take = take
    remains.GONE = 1.0
    status = soak.main(sys.argv[2:])
    if sys.argv[1] == "process":
        os.kill(kept[0], 9)
    sys.exit(status)
