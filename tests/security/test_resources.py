"""P-R: what a guest can use up, of what has a limit."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from environments import sleep_until

MIB = 1 << 20


@pytest.mark.case("P-R05")
def test_p_r05_open_files(machine, caller):
    """A guest can open no more than its share, still answers, and the zygote
    has no descriptor more than before."""
    machine.need_root("a look at a sandbox's descriptors")
    # The zygote has two descriptors for each worker that stands by.
    with caller.without_standbys():
        caller.sandbox("add", 1, 2)
        boxes = caller.boxes()
        before = open_files(boxes)
        opened = [caller.sandbox("exhaust_files") for _ in range(5)]
        assert set(opened) == {256 - 4}
        sleep_until(lambda: no_more(before, boxes), 10, "fds closed again")
    # The control has the limit of the environment's user, which is higher.
    assert caller.control("exhaust_files") > 256


def no_more(before: dict[int, int], boxes) -> bool:
    """Sandboxes of earlier tests may end meanwhile, which is none more."""
    return all(now <= before[pid] for pid, now in open_files(boxes).items())


def open_files(boxes) -> dict[int, int]:
    return {
        one.pid: len(os.listdir(f"/proc/{one.pid}/fd"))
        for one in boxes
        if Path(f"/proc/{one.pid}/fd").exists()
    }


@pytest.mark.case("P-R06")
@pytest.mark.parametrize("how", ["print", "stderr", "write 1", "write 2"])
def test_p_r06_flood_an_output(caller, how):
    """Ten gigabytes end as a limit, soon, with the head kept and the caller's
    memory unharmed."""
    caller.caller("fresh_streams")
    before = caller.caller("peak")
    done = caller.outcome("flood", how, 10 << 30, timeout=40)
    assert done["error"] == "LimitExceeded"
    assert done["resource"] == "output"
    assert caller.caller("peak") - before < 64 * MIB
    kept = caller.caller("recorded")
    stream = "stderr" if "stderr" in how or "2" in how else "stdout"
    assert kept[stream]["head"].startswith("headxxx")
    assert kept[stream]["size"] == 16 * MIB
    caller.caller("fresh_streams")
    # Less than the limit arrives whole: the control.
    assert caller.sandbox("flood", how, MIB) == MIB
    written = caller.caller("recorded")[stream]["size"]
    assert MIB <= written < 2 * MIB


CRASHES = {
    "segfault": ("WorkerDied", signal.SIGSEGV),
    "abort": ("WorkerDied", signal.SIGABRT),
    "kill": ("WorkerDied", signal.SIGKILL),
    "trap": ("WorkerDied", signal.SIGTRAP),
}


@pytest.mark.case("P-R07")
@pytest.mark.parametrize("how", CRASHES)
def test_p_r07_crash(caller, how):
    """A crash is told by its signal, and leaves no core file."""
    kind, number = CRASHES[how]
    before = cores(caller)
    done = caller.outcome("crash", how)
    assert (done["error"], done["signal"]) == (kind, number)
    assert cores(caller) == before
    assert caller.control_outcome("crash", how)["signal"] == number


@pytest.mark.case("P-R07")
def test_p_r07_recurse(caller):
    """Recursion past the stack is a crash, or the interpreter's own error."""
    done = caller.outcome("crash", "recursion")
    if done["error"] == "WorkerDied":
        assert done["signal"] == signal.SIGSEGV
    else:
        assert done["type_name"] in ("RecursionError", "MemoryError")


@pytest.mark.case("P-R07")
def test_p_r07_exit(caller):
    """An exit without an answer is told by its code, and SystemExit is an
    exception of the guest's that does not end the caller."""
    done = caller.outcome("crash", "_exit")
    assert (done["error"], done["exitcode"]) == ("WorkerDied", 3)
    assert caller.control_outcome("crash", "_exit")["exitcode"] == 3
    done = caller.outcome("crash", "exit")
    assert (done["error"], done["type_name"]) == ("RemoteError", "SystemExit")


def cores(caller) -> list[str]:
    """Core files where the kernel would put them."""
    places = {Path("/"), Path("/tmp"), caller.folder, caller.environment.home}
    return sorted(
        str(path) for place in places for path in place.glob("core*")
    )
