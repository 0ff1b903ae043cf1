"""What programs of the tests of standbys share: looking at a sandbox's
workers, and ending them.  As root, a caller may."""

from __future__ import annotations

import contextlib
import os
import time

from harness import run

from boxed._live import registry


def box():
    (slot,) = registry.shared.slots.values()
    return slot.box


def waiting():
    return box().standbys._waiting


def warm(wanted=1, **options):
    """Calls until so many workers stand by."""
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
    """The launcher's children are the supervisor, which has it, and the
    keeper, which has none."""
    (pid,) = [pid for each in children(box().pid) for pid in children(each)]
    return pid


def keeper():
    """None if it is gone."""
    for pid in children(box().pid):
        with open(f"/proc/{pid}/comm") as file:
            if file.read() == "boxed_keeper\n":
                return pid
    return None


def workers():
    return children(zygote())


def kill_all():
    """Whether all are gone; one may be about to be forked."""
    for pid in workers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
    return not workers()


def descriptors():
    return len(os.listdir("/proc/self/fd"))
