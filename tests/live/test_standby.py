"""Workers that are forked before they are needed: the call that takes one
must not differ from any other, and no request is lost or run twice."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_demand_decides_how_many(environment):
    """None after one call, one after two; more where more are wanted at once
    or one after the other, and never more than the bound."""
    check_file(environment, PROGRAMS / "demand_decides_how_many.py")


def test_all_sandboxes_share_a_bound(environment):
    """The standbys of many policies are no more than those of a few."""
    check_file(environment, PROGRAMS / "all_sandboxes_share_a_bound.py")


def test_a_call_on_a_standby_is_like_any_other(environment):
    """What a function can see of its process is the same in a worker that was
    forked for it and in one that stood by; and in a sandbox's first call, but
    for the modules that the zygote imports after it."""
    check_file(
        environment, PROGRAMS / "a_call_on_a_standby_is_like_any_other.py"
    )


def test_each_standby_has_random_numbers_of_its_own(environment):
    """Two that were forked from one zygote draw different ones, numpy's
    global generator included."""
    check_file(
        environment, PROGRAMS / "each_standby_has_random_numbers_of_its_own.py"
    )


def test_waiting_is_no_part_of_the_call(environment):
    """The timeout and the limit of processor time begin with the request."""
    check_file(environment, PROGRAMS / "waiting_is_no_part_of_the_call.py")
