"""A guest that writes to the call socket itself, and ends as it likes: what
the caller raises is what the kernel and the walls know, not what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

from boxed import Sandbox, WorkerDied, run
from boxed._calls import attempt, call
from boxed._live.box import BoxGone

PROGRAMS = Path(__file__).parent / "programs"


def attack(environment, program: str) -> None:
    check_file(environment, PROGRAMS / program, environment.tier_expected)


def test_a_request_runs_once(environment):
    """However a guest leaves its socket, its request goes to no other."""
    attack(environment, "resets.py")


def test_a_guest_tells_of_no_missing_wall(environment):
    """That is told on a socket that is closed before it runs."""
    attack(environment, "setups.py")


def test_a_signal_is_no_limit(environment):
    """Of SIGXCPU and SIGKILL, those count that the kernel sent."""
    attack(environment, "signals.py")


def test_a_result_that_would_fit_is_not_too_long(make_environment):
    """What it tells of its own result is checked against the limit."""
    attack(make_environment("root"), "lengths.py")


def test_all_attempts_have_one_deadline(monkeypatch):
    """A request that no worker reads is sent to a few, within the time of
    one call."""
    deadlines = []

    def unread(talk, *rest):
        deadlines.append(talk._deadline)
        talk._live.close()
        talk._seat.leave()
        raise attempt.Unread(WorkerDied("as if unread"))

    monkeypatch.setattr(attempt.Attempt, "run", unread)
    with pytest.raises(WorkerDied, match="as if unread"):
        run(abs, (-1,), timeout=60)
    assert len(deadlines) == call.ATTEMPTS
    assert len(set(deadlines)) == 1


def test_a_sandbox_that_is_gone_takes_no_attempt(monkeypatch):
    """It may have left requests unread before it was: what is left of the
    attempts is for a new one."""
    asked: list[object] = []
    opened = attempt.Attempt.open

    def opening(talk):
        asked.append(talk._box)
        # As of one that dies: twice unread, and then there is none.
        if len(asked) == 3:
            raise BoxGone
        return (yield from opened(talk))

    def unread(talk):
        if len(asked) > 3:
            return (yield from ran(talk))
        talk._live.close()
        talk._seat.leave()
        raise attempt.Unread(WorkerDied("as if unread"))

    ran = attempt.Attempt.run
    with Sandbox() as sandbox:
        monkeypatch.setattr(attempt.Attempt, "open", opening)
        monkeypatch.setattr(attempt.Attempt, "run", unread)
        assert sandbox.run(abs, (-1,)) == 1
    assert len(asked) == 4
    assert asked[0] is asked[1] is asked[2] is not asked[3]


def test_no_attempt_begins_after_the_deadline(monkeypatch):
    """There would be no time for it."""
    attempts = []

    def unread(talk, *rest):
        attempts.append(talk)
        talk._live.close()
        talk._seat.leave()
        raise attempt.Unread(WorkerDied("as if unread"))

    monkeypatch.setattr(attempt.Attempt, "run", unread)
    with pytest.raises(TimeoutError):
        run(abs, (-1,), timeout=1e-9)
    assert len(attempts) == 1
