"""A call that may make processes: what it can, and what ends with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file
from environments import host_scan, sleep_until
from security.attacks.calls import number

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-R08")
def test_processes(make_environment):
    """Granted, a call can fork and exec; not granted, it cannot."""
    for name in ("root", "user", "rootless"):
        check_file(make_environment(name), PROGRAMS / "processes.py")


def test_a_family_ends_with_its_call(make_environment):
    """A daemon of the guest's is gone when the call is over, however it is."""
    for name in ("root", "rootless"):
        environment = make_environment(name)
        uid = environment.uid or 65534
        before = {process.pid for process in host_scan(uid)}
        check_file(environment, PROGRAMS / "a_family_ends_with_its_call.py")
        sleep_until(
            lambda uid=uid, before=before: (
                not {p.pid for p in host_scan(uid)} - before
            ),
            10,
        )


@pytest.mark.case("P-R01")
def test_a_fork_bomb_is_bounded(make_environment):
    """The call gets EAGAIN; the host and the next call do not notice."""
    check_file(
        make_environment("user"), PROGRAMS / "a_fork_bomb_is_bounded.py"
    )


def test_a_family_has_its_cause_of_death(make_environment):
    """Exit code and signal are the worker's, through the processes between."""
    program = PROGRAMS / "a_family_has_its_cause_of_death.py"
    check_file(make_environment("root"), program)


def test_processes_need_a_pid_namespace(make_environment):
    """Elsewhere more than one is refused, and says so."""
    for name in ("docker-user", "kubernetes"):
        check_file(
            make_environment(name),
            PROGRAMS / "processes_need_a_pid_namespace.py",
        )


def test_there_are_as_many_as_were_granted(make_environment):
    """Threads are not counted with them; those that ended are not either;
    and who asks at the same moment gets no more (control: a call that was
    granted more has more)."""
    for name in ("root", "rootless"):
        program = PROGRAMS / "there_are_as_many_as_were_granted.py"
        check_file(make_environment(name), program)


def test_slow_forks_do_not_add_up(make_environment):
    """Threads of a process whose memory is in many pieces: what they make
    comes long after it was let pass (control: with more granted, more are
    there)."""
    program = PROGRAMS / "slow_forks_do_not_add_up.py"
    check_file(make_environment("root"), program, str(number("clone")))


def test_children_that_make_processes_are_counted(make_environment):
    """After exec, and wherever in the tree."""
    check_file(
        make_environment("root"),
        PROGRAMS / "children_that_make_processes_are_counted.py",
        beside=[PROGRAMS / "a_link_of_a_chain.py"],
    )
