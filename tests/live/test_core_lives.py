"""The main job, in every environment: what ends, and what is left then."""

from __future__ import annotations

import signal
from pathlib import Path

from core import check, check_file, run_file
from environments import RESERVED, host_scan, sleep_until
from orders import NOBODY

PROGRAMS = Path(__file__).parent / "programs"


def processes_of(environment) -> set[int]:
    """Those of a guest's uid, and of an ordinary caller's, that are alive.

    An orphan's zombie is its new parent's to reap, which is the machine's.
    """
    uids = {NOBODY, RESERVED, environment.uid} - {0}
    return {
        process.pid
        for process in host_scan(*uids)
        if not process.state.startswith("Z")
    }


def test_nothing_is_left_after_the_program(environment):
    """No process of the guest's uid or the caller's outlives the caller."""
    before = processes_of(environment)
    check(environment, "run(os.getpid)")
    sleep_until(lambda: not processes_of(environment) - before, 10)


def test_a_timeout_ends_the_worker(environment):
    """CallTimeout, and the worker is gone from the host's process table."""
    before = processes_of(environment)
    check_file(environment, PROGRAMS / "a_timeout_ends_the_worker.py")
    sleep_until(
        lambda: not processes_of(environment) - before,
        10,
    )


def test_a_workers_death_has_its_cause(environment):
    """Exit code or signal, and the next call works."""
    check_file(environment, PROGRAMS / "a_workers_death_has_its_cause.py")


def test_a_forked_caller_makes_its_own(environment):
    """A child of os.fork does not use its parent's sandbox, nor keep it."""
    check_file(environment, PROGRAMS / "a_forked_caller_makes_its_own.py")


def test_a_killed_caller_takes_its_sandbox_along(environment):
    """kill -9 of the caller during a call leaves no process."""
    before = processes_of(environment)
    done = run_file(environment, PROGRAMS / "a_killed_caller.py")
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    sleep_until(lambda: not processes_of(environment) - before, 10)


def test_a_lost_sandbox_is_replaced(environment):
    """Of one whose control socket is gone, the next call notices.

    tests/security/test_recovery.py kills the parts of sandboxes.
    """
    check_file(environment, PROGRAMS / "a_lost_sandbox_is_replaced.py")
