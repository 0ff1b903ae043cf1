"""Run by test_old_landlock: the numbers of tgkill, tkill, rt_sigqueueinfo and
pidfd_open."""

import errno
import os
import subprocess
import sys

from harness import run, told

numbers = tuple(map(int, sys.argv[1:]))


def ways(pid, tgkill, tkill, queue, pidfd_open):
    """What came of each way to send a signal."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    calls = {
        "kill": lambda: libc.kill(pid, 0),
        "group": lambda: libc.kill(-pid, 0),
        "all": lambda: libc.kill(-1, 0),
        "tgkill": lambda: libc.syscall(tgkill, pid, pid, 0),
        "tkill": lambda: libc.syscall(tkill, pid, 0),
        "queue": lambda: libc.syscall(queue, pid, 0, bytes(128)),
        "pidfd": lambda: libc.syscall(pidfd_open, pid, 0),
        "prlimit": lambda: libc.prlimit(pid, 7, None, bytes(16)),
    }
    return {
        way: ctypes.get_errno() if call() < 0 else 0
        for way, call in calls.items()
    }


sleeper = subprocess.Popen(["/usr/bin/sleep", "60"], start_new_session=True)
# The control: here each of them arrives.
here = ways(sleeper.pid, *numbers)
assert set(here.values()) <= {0, errno.EPERM}, here
assert sum(not value for value in here.values()) >= 7, here
for pid in (sleeper.pid, os.getpid(), run(os.getppid)):
    found = told(ways, pid, *numbers)
    assert set(found.values()) == {errno.EPERM}, found
sleeper.kill()
sleeper.wait()
