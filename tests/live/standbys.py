"""What the tests of workers that stand by share: code for their callers."""

from __future__ import annotations

# Every environment that tests of the machinery need; as root, a caller may
# look at the processes of its sandbox and kill them.
HELPERS = """
import socket, threading, time
from boxed._live import prefork, registry

def box():
    (slot,) = registry.shared.slots.values()
    return slot.box

def waiting():
    return box().standbys._waiting

def warm(wanted=1, **options):
    "Calls until so many workers stand by."
    for _ in range(20):
        assert run(abs, (-1,), **options) == 1
        if len(waiting()) >= wanted:
            return
        box().standbys._wanted = wanted
    raise AssertionError("no standby after 20 calls")

def until(predicate):
    limit = time.monotonic() + 20
    while not predicate():
        assert time.monotonic() < limit, predicate
        time.sleep(0.002)

def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]

def zygote():
    "The last of the line of only children."
    (pid,) = children(box().pid)
    (pid,) = children(pid)
    return pid

def workers():
    return children(zygote())

def kill_all():
    "Whether all are gone; one may be about to be forked."
    for pid in workers():
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    return not workers()

def descriptors():
    return len(os.listdir("/proc/self/fd"))
"""
# A function whose runs can be counted.
TALLY = """
import tempfile
tally = tempfile.NamedTemporaryFile(dir="/var/tmp")
os.chmod(tally.name, 0o666)
add = f"open({tally.name!r}, 'a').write('x')"
def count():
    return os.stat(tally.name).st_size
def call():
    return run(eval, (add,), write=[tally.name])
"""


def program(code: str, *before: str) -> str:
    return "".join((HELPERS, *before)) + "\n" + code
