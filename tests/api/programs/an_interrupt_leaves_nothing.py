"""Run by test_sandbox."""

import os
import signal
import time

from boxes import is_there, pids
from harness import Sandbox


def interrupted(call):
    signal.setitimer(signal.ITIMER_REAL, 0.4)
    try:
        call()
    except KeyboardInterrupt:
        return
    raise AssertionError("not interrupted")


signal.signal(signal.SIGALRM, signal.default_int_handler)


def tasks():
    # Threads of the caller, and what is below it.
    threads = os.listdir("/proc/self/task")
    below = open(f"/proc/self/task/{os.getpid()}/children").read()
    return len(threads), below.split()


with Sandbox() as sandbox:
    assert sandbox.run(abs, (-1,)) == 1
    before = tasks()
    interrupted(lambda: sandbox.run(time.sleep, (60,)))
    interrupted(lambda: list(sandbox.map(time.sleep, [60] * 9)))
    assert sandbox.run(abs, (-1,)) == 1
    deadline = time.monotonic() + 10
    while tasks() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert tasks() == before
    (box,) = pids(sandbox)
assert not is_there(box)
