"""Exhaustion, floods and crashes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from boxed._doctor.attack.guest import opened


def exhaust_files() -> int:
    """Every descriptor there is to have; how many that were."""
    kept = globals()["kept"] = opened(1 << 20)
    return len(kept)


def flood(how: str, size: int) -> int:
    """Prints SIZE bytes, by one of the ways to print."""
    block = "x" * 65536
    writers = {
        "print": lambda: print(block),
        "stderr": lambda: sys.stderr.write(block),
        "write 1": lambda: os.write(1, block.encode()),
        "write 2": lambda: os.write(2, block.encode()),
    }
    (sys.stderr if "stderr" in how or "2" in how else sys.stdout).write("head")
    sys.stdout.flush()
    sys.stderr.flush()
    for _ in range(size // len(block)):
        writers[how]()
    return size


def crash(how: str) -> int:
    """Ends as no function should."""

    def deep(value=None) -> list:
        # Through C, so that every level takes a piece of the C stack.
        return list(map(deep, [value]))

    if how == "recursion":
        sys.setrecursionlimit(10**9)
        deep()
    elif how == "segfault":
        ctypes.string_at(0)
    elif how == "abort":
        os.abort()
    elif how == "_exit":
        os._exit(3)
    elif how == "exit":
        raise SystemExit(4)
    elif how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "trap":
        os.kill(os.getpid(), signal.SIGTRAP)
    return 0
