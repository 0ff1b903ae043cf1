"""What a caller finds after a part of its sandbox was lost (P-V01)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from calling import ADD, HOLD, Caller, parts, path_with
from environments import sleep_until

# One of each tier; what is lost is the same whoever calls.
TIERS = ["user", "docker-user", "rootless", "kubernetes"]


@pytest.fixture(params=TIERS)
def caller(request, make_environment, guests):
    """A caller that has a live sandbox."""
    environment = make_environment(request.param)
    with Caller(environment, path_with(environment, guests)) as caller:
        assert caller.call(ADD, 1, 2) == {"value": 3}
        yield caller


def held_by(caller, **options) -> dict[str, int]:
    """The parts while a call runs that does not end."""
    caller.ask(HOLD, 600, **options)
    return sleep_until(lambda: "worker" in parts(caller) and parts(caller), 20)


def settled(caller) -> list[int]:
    """Its processes, once none is born and none ends: a standby is forked, and
    a worker that has answered is ended, a moment after the answer."""

    def unchanged() -> list[int]:
        found = caller.sandbox()
        time.sleep(0.2)
        return found if found == caller.sandbox() else []

    return sleep_until(unchanged, 20, "a sandbox in which nothing happens")


def is_alive(pid: int) -> bool:
    """A zombie is not: its parent, the caller, may be busy."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def assert_gone(pids) -> None:
    sleep_until(
        lambda: not list(filter(is_alive, pids)), 10, f"the end of {pids}"
    )


@pytest.mark.case("P-V01")
@pytest.mark.parametrize("part", ["zygote", "supervisor"])
def test_p_v01_killed_between_calls(caller, part):
    """Killed while idle, ten times: the next call has a new sandbox, or says
    at once that it was lost, and then the next has."""
    for turn in range(10):
        # One that is born after the look would not be waited for.
        before = settled(caller) if turn % 2 else caller.sandbox()
        os.kill(parts(caller)[part], signal.SIGKILL)
        if turn % 2:
            assert_gone(before)
        answer = caller.call(ADD, 1, turn)
        if turn % 2:
            assert answer == {"value": 1 + turn}
            assert parts(caller)["zygote"] not in before
            continue
        if "value" in answer:
            # Of a new one, or of a worker of the old one, which was ending.
            assert answer == {"value": 1 + turn}
            assert_gone(before)
        else:
            assert answer["error"] == "WorkerDied"
        assert caller.call(ADD, 2, turn) == {"value": 2 + turn}


@pytest.mark.case("P-V01")
@pytest.mark.parametrize("name", ["user", "rootless"])
def test_p_v01_killed_parent(make_environment, guests, name):
    """The process that only waits for the sandbox is not needed: without it
    calls go on, and all ends with the caller."""
    environment = make_environment(name)
    with Caller(environment, path_with(environment, guests)) as caller:
        assert caller.call(ADD, 1, 2) == {"value": 3}
        before = parts(caller)
        assert before["outermost"] != before["supervisor"]
        os.kill(before["outermost"], signal.SIGKILL)
        assert caller.call(ADD, 1, 3) == {"value": 4}
        assert is_alive(before["zygote"])
    assert_gone(before.values())


@pytest.mark.case("P-V01")
@pytest.mark.parametrize("part", ["zygote", "supervisor", "worker"])
def test_p_v01_killed_during_a_call(caller, part):
    """Killed while a call runs: that call fails with an error of its own,
    nothing of the old sandbox is left, and the next call works."""
    for turn in range(5):
        held = held_by(caller)
        os.kill(held[part], signal.SIGKILL)
        answer = caller.answer()
        assert answer["error"] == "WorkerDied", answer
        assert_gone([held["worker"]])
        if part != "worker":
            assert_gone(held.values())
        else:
            assert "signal 9" in answer["text"]
        assert caller.call(ADD, 3, turn) == {"value": 3 + turn}


@pytest.mark.case("P-V01")
@pytest.mark.parametrize("part", ["zygote", "supervisor", "worker"])
def test_p_v01_stopped_during_a_call(caller, part):
    """Stopped instead of killed: the deadline holds, and what is stopped is
    replaced where it is in the way."""
    held = held_by(caller, timeout=1.0)
    os.kill(held[part], signal.SIGSTOP)
    assert caller.answer()["error"] == "CallTimeout"
    if part == "supervisor":
        # It is needed for nothing but the end.
        os.kill(held[part], signal.SIGCONT)
    assert_gone([held["worker"]])
    assert caller.call(ADD, 4, 4) == {"value": 8}


@pytest.mark.case("P-V01")
def test_p_v01_killed_caller_takes_all_along(make_environment, guests):
    """Of a caller that was killed in a call nothing is left, in any tier."""
    for name in TIERS:
        environment = make_environment(name)
        caller = Caller(environment, path_with(environment, guests))
        held = held_by(caller)
        caller.kill()
        assert_gone(held.values())
