"""Descriptors that lie in a socket unread count for a uid, which others have
too: a guest has none of them."""

from __future__ import annotations

from confine_build import PROGRAMS, outcome, python_in_worker
from core import check_file


def test_a_guest_has_none_in_flight(make_environment):
    """However it sends; outside, the same fills what its uid may have, until
    nobody of that uid can pass a descriptor."""
    program = PROGRAMS / "none_in_flight.py"
    check_file(make_environment("rootless"), program)


def test_pairs_of_sockets_work():
    """What event loops do with them, and sending what fits."""
    assert outcome(python_in_worker("pairs")) == ["called", "7"]


def test_messages_work_over_a_network():
    """Which resolvers and event loops send; not without one."""
    assert outcome(python_in_worker("messages", network=True)) == ["ab"]
    assert python_in_worker("messages").returncode != 0
