"""The ends of workers that stand by: whatever ends them, no request is lost or
run twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
def root(make_environment):
    """A caller that sees its sandbox from outside."""
    return make_environment("root")


def test_one_that_is_killed_is_replaced(root):
    """A standby killed before its turn costs its call nothing: the function
    runs, once."""
    check_file(root, PROGRAMS / "one_that_is_killed_is_replaced.py")


def test_one_that_is_killed_at_any_moment(root):
    """However a worker's death and the request meet: the function has run
    once where there is a value, and at most once where there is none."""
    check_file(root, PROGRAMS / "one_that_is_killed_at_any_moment.py")


def test_idle_ones_end_by_themselves(root):
    """After a while there is no worker, and nobody but the worker had to do
    anything; the next call runs once."""
    check_file(root, PROGRAMS / "idle_ones_end_by_themselves.py")


def test_a_request_at_the_moment_of_the_end(environment):
    """Requests that arrive just when standbys give up are run once each."""
    can_count = environment.tier_expected not in ("uid", "landlock")
    check_file(
        environment,
        PROGRAMS / "a_request_at_the_moment_of_the_end.py",
        "count" if can_count else "",
    )


def test_a_sandbox_that_ends_with_standbys_is_replaced(environment):
    """Its end takes them along, and the next call has a new one."""
    check_file(
        environment,
        PROGRAMS / "a_sandbox_that_ends_with_standbys_is_replaced.py",
    )


def test_closing_takes_them_along(root):
    """No process and no descriptor is left of a closed sandbox, whose
    standbys cannot be opened any more."""
    check_file(root, PROGRAMS / "closing_takes_them_along.py")


def test_a_forked_caller_has_none_of_them(root):
    """A child of the caller closes its copies and leaves the workers alone;
    a call of the parent's uses the one that was there before."""
    check_file(root, PROGRAMS / "a_forked_caller_has_none_of_them.py")


def test_threads_that_take_at_once(environment):
    """No standby serves two, and every answer is its own."""
    check_file(environment, PROGRAMS / "threads_that_take_at_once.py")


def test_what_cannot_live_is_not_made_again(root):
    """Workers that end before their request are replaced a few times and none
    is made ahead; once one lives again, there are standbys again."""
    program = PROGRAMS / "what_cannot_live_is_not_made_again.py"
    check_file(root, program)


def test_a_long_call_does_not_keep_the_next_waiting(root):
    """While a function runs, the next one's worker is made."""
    check_file(
        root, PROGRAMS / "a_long_call_does_not_keep_the_next_waiting.py"
    )
