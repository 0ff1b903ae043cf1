"""P-S: processes and signals, deadlines, and what outlives whom."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import termios
import tty

import pytest
from environments import sleep_until
from security.attacks.attempts import NOTHING, REACHED
from security.callers import FAMILY, TIERS
from security.judging import both, judge
from security.processes import Process, is_there, process, wait_gone


@pytest.fixture
def victim(caller):
    """A process of the caller's that only its owner may end."""
    pid = caller.caller("start_victim")
    try:
        yield pid
    finally:
        status = caller.caller("end_victim", pid)
        assert os.WTERMSIG(status) == signal.SIGKILL


def zygote_of(caller) -> Process:
    """The one that makes the workers, whose parent it is."""
    caller.sandbox("add", 1, 2)
    inside = caller.sandbox("parent_pid")
    return next(p for p in caller.boxes() if inside in (p.inside, p.pid))


@pytest.mark.case("P-S01")
def test_p_s01_touch_other_processes(caller, victim):
    """No signal, limit, priority or trace, and no view, of the caller, of a
    process of the caller's, of the zygote or of the supervisor."""
    outside = caller.control("touch_process", victim)
    zygote = zygote_of(caller)
    for pid in (victim, caller.pid, os.getpid(), zygote.inside, 1):
        inside = caller.sandbox("touch_process", pid)
        judge(caller, "P-S01", inside, None)
    judge(caller, "P-S01", inside, outside)
    assert is_there(zygote)


@pytest.mark.case("P-S01")
def test_p_s01_see_other_processes(caller, victim):
    """Whether a number is a process of the host's cannot be told, and /proc
    lists the guest alone."""
    both(caller, "P-S01", "see_process", victim)
    # A worker has no business with the two below it, which are the sandbox.
    both(caller, "P-S01", "process_list", [])


@pytest.mark.case("P-S01")
def test_p_s01_signal_groups(caller, victim):
    """Neither everybody, nor the own group, nor the caller's."""
    groups = [os.getpgid(caller.pid)]
    inside = caller.sandbox("signal_groups", groups)
    judge(caller, "P-S01", inside, caller.control("signal_groups", groups))


@pytest.mark.case("P-S01")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_p_s01_end_other_processes(caller, number):
    """Signals that cannot be blocked do not arrive either."""
    target = caller.caller("start_victim")
    zygote = zygote_of(caller)
    inside = caller.sandbox(
        "end", [target, caller.pid, zygote.inside, 1], int(number)
    )
    state = process(target).state
    outside = caller.control("end", [target], int(number))
    caller.caller("end_victim", target)
    assert state not in "TZX"
    judge(caller, "P-S01", inside, outside)
    assert is_there(zygote)


@pytest.mark.case("P-S02")
def test_p_s02_patch_the_zygote(caller, victim):
    """A worker cannot write to the memory it was forked from, so the next
    call's len() is the real one."""
    zygote = zygote_of(caller)
    for pid in (zygote.inside, 1):
        inside = caller.sandbox("patch_parent", pid)
        judge(caller, "P-S02", inside, None)
    judge(caller, "P-S02", inside, caller.control("patch_parent", victim))
    assert caller.sandbox("length", [1]) == 1
    assert is_there(zygote)


@pytest.mark.case("P-S03")
@pytest.mark.usefixtures("no_standbys")
def test_p_s03_leave_processes_behind(caller):
    """No process is left when a call has ended, however it was made and
    whatever it ignores."""
    zygote_of(caller)
    before = caller.boxes()
    inside = caller.sandbox("multiply", 60)
    sleep_until(lambda: not caller.workers(before), 10, "no new process")
    outside = caller.control("multiply", 20)
    judge(caller, "P-S03", inside, outside)
    # The control's are real: children of nobody that are still there.
    left = sleep_until(lambda: orphans(caller.environment.uid), 10)
    for one in left:
        os.kill(one, signal.SIGKILL)


@pytest.mark.case("P-S03")
@pytest.mark.usefixtures("no_standbys")
def test_p_s03_leave_processes_behind_where_they_are_granted(caller):
    """With processes=N they can be made, and end with the call."""
    if caller.refuses_families():
        return
    caller.sandbox("add", 1, 2, **FAMILY)
    before = caller.boxes()
    inside = caller.sandbox("multiply", 60, **FAMILY)
    assert (inside["fork"], inside["clone"]) == (REACHED, REACHED)
    assert REACHED not in {
        outcome for what, outcome in inside.items() if "CLONE_" in what
    }
    sleep_until(lambda: not caller.workers(before), 10, "no new process")


@pytest.mark.case("P-S04")
@pytest.mark.usefixtures("no_standbys")
def test_p_s04_keep_the_socket_in_a_grandchild(caller):
    """The answer is complete at its end, not when the socket is closed."""
    if caller.refuses_families():
        return
    caller.sandbox("add", 1, 2, **FAMILY)
    before = caller.boxes()
    done = caller.outcome("leave_holder", 60, timeout=20, **FAMILY)
    assert done.get("value") == 1
    assert done["seconds"] < 10
    sleep_until(lambda: not caller.workers(before), 10, "the grandchild's end")


@pytest.mark.case("P-S01")
def test_p_s01_touch_from_a_family(caller, victim):
    """What may start processes may signal those, and no others: neither its
    own init, nor the zygote, nor the host's."""
    if caller.refuses_families():
        return
    caller.sandbox("add", 1, 2, **FAMILY)
    for pid in (1, victim, caller.pid):
        inside = caller.sandbox("touch_process", pid, **FAMILY)
        judge(caller, "P-S01", inside, None)
    groups = [os.getpgid(caller.pid)]
    inside = caller.sandbox("signal_groups", groups, **FAMILY)
    # The own group is its own family.
    assert inside.pop("kill 0") == REACHED
    judge(caller, "P-S01", inside, None)


def orphans(uid: int) -> list[int]:
    """Sleepers that the control made: its sessions have lost their leader
    and hold no descriptor at all."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        one = process(int(name))
        if one is None or one.uid != uid or one.state in "ZX":
            continue
        try:
            if os.listdir(f"/proc/{name}/fd") == [] and is_driver(one.pid):
                found.append(one.pid)
        except OSError:
            continue
    return found


def is_driver(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return b"/driver.py\0" in file.read()


@pytest.mark.case("P-S03")
@pytest.mark.case("P-S04")
@pytest.mark.usefixtures("no_standbys")
@pytest.mark.parametrize("network", [False, True])
def test_p_s04_stay_after_the_answer(caller, network):
    """A worker that answers, keeps copies of its socket (with a network in
    flight, too) and does not end gives the answer at once, and is gone."""
    caller.sandbox("add", 1, 2, network=network)
    before = caller.boxes()
    done = caller.outcome("linger", 50, timeout=20, network=network)
    assert done.get("value") == 1
    assert done["seconds"] < 10
    sleep_until(lambda: not caller.workers(before), 10, "the worker's end")
    # Without a sandbox it stays for as long as it likes.
    pid = caller.caller("start_victim")
    assert process(pid).state not in "ZX"
    caller.caller("end_victim", pid)


@pytest.mark.case("P-S05")
@pytest.mark.usefixtures("no_standbys")
def test_p_s05_stop_oneself(caller):
    """A stopped worker meets its deadline like any other."""
    timed_out(caller, "stop_self")


@pytest.mark.case("P-S06")
@pytest.mark.usefixtures("no_standbys")
def test_p_s06_resist_the_end(caller):
    """Signals ignored and blocked, alarms and limits undone, threads: the
    clock on the wall decides."""
    timed_out(caller, "stubborn", 60)


@pytest.mark.case("P-S07")
@pytest.mark.usefixtures("no_standbys")
def test_p_s07_sleep_past_the_deadline(caller):
    """The worker is gone from the host's process table, also where its user
    is not the caller's."""
    timed_out(caller, "sleep", 60)


def timed_out(caller, name: str, *args) -> None:
    zygote = zygote_of(caller)
    before = caller.boxes()
    done = caller.outcome(name, *args, timeout=0.3)
    assert done["error"] == "CallTimeout"
    # Generous: the bound of a slow machine, not of the deadline.
    assert 0.3 <= done["seconds"] < 10
    sleep_until(lambda: not caller.workers(before), 10, "the worker's end")
    assert is_there(zygote)
    # The control: without one, it is stopped, or runs, and stays.
    pid = caller.caller("start_victim")
    os.kill(pid, signal.SIGSTOP)
    sleep_until(lambda: process(pid).state == "T", 10)
    caller.caller("end_victim", pid)


@pytest.mark.case("P-S08")
@pytest.mark.parametrize("where", ["sandbox", "control"])
def test_p_s08_use_the_terminal(caller_name, callers, where):
    """A caller on a terminal keeps it to itself: nothing is typed into it,
    its settings and its foreground group stay."""
    environment = callers.environment(caller_name)
    main, other = pty.openpty()
    tty.setcbreak(other)
    attributes = termios.tcgetattr(other)
    attributes[3] |= termios.ECHO
    termios.tcsetattr(other, termios.TCSANOW, attributes)
    if os.geteuid() == 0:
        os.fchown(other, environment.uid, environment.gid)
    code = TERMINAL_PROGRAM.format(
        folder=str(callers.folder),
        isolation="landlock" if TIERS[caller_name] == "landlock" else "auto",
    )
    done = subprocess.run(
        [*environment.argv_prefix, environment.interpreter, "-c", code, where],
        env=dict(environment.variables),
        cwd="/",
        stdin=other,
        stdout=subprocess.PIPE,
        stderr=other,
        start_new_session=True,
        timeout=50,
        check=False,
    )
    os.set_blocking(main, False)
    try:
        typed = os.read(main, 4096)
    except BlockingIOError:
        typed = b""
    assert done.returncode == 0, typed
    found = json.loads(done.stdout)
    echo = bool(termios.tcgetattr(other)[3] & termios.ECHO)
    os.close(main)
    os.close(other)
    outcomes = set(found["found"].values())
    if where == "control":
        assert found["found"]["tcsetattr"] == REACHED
        assert found["found"]["/dev/tty"] == REACHED
        assert found["found"]["isatty"] == REACHED
        assert not echo
        return
    assert REACHED not in outcomes, found
    assert found["found"]["isatty"] == NOTHING
    assert echo
    assert found["foreground"]
    assert found["input"] == []
    assert typed == b""


TERMINAL_PROGRAM = """
import fcntl, json, os, select, sys
sys.path[0] = {folder!r}
import attacks
from boxed import run
# As a shell gives it: the session's own terminal.
fcntl.ioctl(0, 0x540E, 0)
if sys.argv[1] == "sandbox":
    found = run(attacks.terminal, ([0, 1, 2, 3],), serializer="json",
                isolation={isolation!r}, timeout=30)
else:
    found = attacks.terminal([0])
ready = select.select([0], [], [], 0)[0]
foreground = os.tcgetpgrp(0) == os.getpgrp()
sys.stdout.write(json.dumps(
    {{"found": found, "input": ready, "foreground": foreground}}))
"""


@pytest.mark.case("P-S09")
@pytest.mark.parametrize("when", ["during", "between"])
def test_p_s09_kill_the_caller(caller_name, callers, when):
    """Nothing is left when the caller is killed, during a call or not."""
    caller = callers.make(callers.environment(caller_name))
    try:
        caller.sandbox("add", 1, 2)
        idle = caller.boxes()
        if when == "during":
            caller.start("stubborn", 60)
            sleep_until(lambda: caller.workers(idle), 10, "a worker")
        # The control: a process of the caller's own lives on.
        orphan = process(caller.caller("start_victim"))
        left = [p for p in caller.boxes() if p.pid != orphan.pid]
        assert len(left) >= 2
    finally:
        caller.kill()
        caller.close()
    wait_gone(left)
    survived = is_there(orphan)
    os.kill(orphan.pid, signal.SIGKILL)
    assert survived


@pytest.mark.case("P-S10")
def test_p_s10_start_from_a_thread_that_ends(caller):
    """A sandbox outlives the thread that started it: the kernel's signal at a
    parent's death is one at the death of a thread."""
    # Another policy, so that its sandbox is started by this.
    options = {"imports": ["attacks", "tabnanny"]}
    first, then, last = caller.caller("first_from_thread", options)
    assert last["value"] == 3
    assert "value" in first
    assert first["value"] == then["value"]
