"""Run by test_crowds: how many calls, of which a tenth times out; prints what
the process has before and after."""

import json
import os
import sys

from harness import run
from launcher_attacks import echo, hold

from boxed import CallTimeout
from boxed._live import prefork


def state():
    """Descriptors, mounts, children, and pages of memory."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    with open("/proc/self/mountinfo") as file:
        mounts = len(file.readlines())
    children = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = file.read().rpartition(")")[2].split()[1]
        except OSError:
            continue
        children += parent == str(os.getpid())
    # Those that stand by come and go.
    ahead = [
        (len(one._waiting), len(one._prepared)) for one in prefork.every()
    ]
    own = sum(4 * ready + 8 * more for ready, more in ahead)
    fds = len(os.listdir("/proc/self/fd")) - own
    return [fds, mounts, children, pages]


def call(number):
    late = number % 10 == 9
    function, args = (hold, (60,)) if late else (echo, (number,))
    timeout = 0.01 if late else None
    try:
        value = run(function, args, serializer="json", timeout=timeout)
        assert value == number
    except CallTimeout:
        assert late


for number in range(20):
    call(number)
before = state()
for number in range(int(sys.argv[1])):
    call(number)
print(json.dumps([before, state()]))
