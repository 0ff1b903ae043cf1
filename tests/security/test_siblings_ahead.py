"""A worker that stands by, forked ahead of its call, is as far out of reach of
one that runs as any other; tests/security/test_siblings.py has the control."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from environments import sleep_until
from security.callers import FAMILY, Caller
from security.judging import judge
from security.processes import (
    Process,
    descendants,
    is_there,
    process,
    wait_gone,
)
from security.test_siblings import new_names

# More than LINGER_MAX_MS of src/extension/zygote/put_off.h.
LINGER_SECONDS = 1.5


def stand_by(caller: Caller, options: dict) -> list[Process]:
    """Workers that wait for a call, forked ahead of it: no call is live."""
    caller.sandbox("add", 1, 2, **options)
    sleep_until(lambda: not standbys(caller), 20, "the first worker's end")
    for _ in range(20):
        numbers = [caller.start("add", 1, 2, **options) for _ in range(3)]
        assert [caller.join(number)["value"] for number in numbers] == [3] * 3
        # What an attack itself opens ahead would be one more.
        caller.caller("stop_standbys")
        if len(standbys(caller)) > 1:
            return lasting_standbys(caller)
        caller.caller("allow_standbys")
    raise AssertionError("no standbys after 60 calls")


def standbys(caller: Caller) -> list[Process]:
    """The children of zygotes: each stands for a worker, and where it may
    have several processes it is the outermost of three."""
    inside = [one for one in caller.boxes() if "-c" in command_line(one.pid)]
    forked = {one.pid for one in inside}
    zygotes = {one.pid for one in inside if one.parent not in forked}
    return [one for one in inside if one.parent in zygotes]


def command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def lasting_standbys(caller: Caller) -> list[Process]:
    """Those that are there for longer than a worker lingers: until then one
    that has answered may stand in for a standby that is still to be forked."""
    found, since = settled(caller), time.monotonic()
    limit = since + 20
    while not found or time.monotonic() < since + LINGER_SECONDS:
        assert time.monotonic() < limit, "no lasting standbys"
        time.sleep(0.05)
        now = settled(caller)
        if now != found:
            found, since = now, time.monotonic()
    return found


def settled(caller: Caller) -> list[Process]:
    """The standbys, once no worker of a call is left and each of them waits:
    it sleeps behind its walls, which the host's root can see."""
    found = standbys(caller)
    number = len(caller.caller("waiting"))
    quiet = all(one.state == "S" and one.seccomp == "2" for one in found)
    return found if quiet and len(found) == number else []


@pytest.mark.case("siblings")
def test_siblings_that_stand_by(machine, caller_name, callers):
    """A worker that waits for its request is out of reach of one that runs;
    then it serves, and its answer is its own."""
    machine.need_root("a look at a sandbox's descriptors")
    caller = callers.make(callers.environment(caller_name))
    try:
        for options in [{}, FAMILY] if caller.has_namespaces else [{}]:
            attack_standbys(caller, options)
            caller.caller("allow_standbys")
    finally:
        caller.close()


def attack_standbys(caller: Caller, options: dict) -> None:
    waiting = stand_by(caller, options)
    flags = {one.pid: flags_of(one) for one in waiting}
    name, key = new_names()
    family = [p for one in waiting for p in (one, *descendants(one.pid))]
    pids = [number for one in family for number in (one.inside, one.pid)]
    case = "siblings with processes=N" if options else "siblings"
    inside = caller.sandbox("attack_sibling", pids, name, key, **options)
    judge(caller, case, inside, None)

    def others() -> list[Process]:
        found = [one for one in waiting if is_there(one)]
        return found if len(found) < len(waiting) else []

    # One of them was the attacker.
    left = sleep_until(others, 20, "the attacker's end")
    assert len(left) == len(waiting) - 1
    assert {one.pid: flags_of(one) for one in left}.items() <= flags.items()
    assert [process(one.pid).state for one in left] == ["S"] * len(left)
    for _ in left:
        caller.caller("fresh_streams")
        assert caller.sandbox("say", "ready", **options) == "ready"
        assert caller.caller("recorded")["stdout"]["head"] == "ready\n"
    wait_gone(left)


def flags_of(one: Process) -> list[str]:
    """Of what the process has open, and its priority."""
    fdinfo = sorted(Path(f"/proc/{one.pid}/fdinfo").iterdir())
    found = [
        line
        for path in fdinfo
        for line in path.read_text().splitlines()
        if line.startswith("flags")
    ]
    stat = Path(f"/proc/{one.pid}/stat").read_text()
    return [*found, *stat[stat.rindex(")") + 2 :].split()[15:17]]
