"""A reserved range: one uid for each live sandbox, free again after it."""

from __future__ import annotations

from pathlib import Path

from core import check, check_file
from environments import host_scan, sleep_until

PROGRAMS = Path(__file__).parent / "programs"

FIRST, COUNT = 70000, 64


def test_a_sandbox_has_a_uid_of_the_range(make_environment):
    """Outside it is one of the range; inside 65534 where there is a map."""
    found = check(make_environment("docker-range"), "print(run(os.getuid))")
    assert FIRST <= int(found) < FIRST + COUNT
    check_file(
        make_environment("user-range"),
        PROGRAMS / "a_sandbox_has_a_uid_of_the_range.py",
        *(str(FIRST), str(COUNT)),
    )


def test_without_a_range_all_are_nobody(make_environment):
    """The control: the same call where root reserved nothing."""
    found = check(make_environment("docker-nobody"), "print(run(os.getuid))")
    assert int(found) == 65534


def test_a_plain_setup_reserves_one(make_environment):
    """Nobody needs to ask for it."""
    found = check(make_environment("docker-user"), "print(run(os.getuid))")
    assert 60578 <= int(found) < 60578 + 606


def test_sandboxes_at_once_have_different_uids(make_environment):
    """Twenty started in a race, from several processes: no uid twice."""
    check_file(
        make_environment("docker-range"),
        PROGRAMS / "sandboxes_at_once_have_different_uids.py",
    )


def test_one_too_many_is_told(make_environment):
    """One uid reserved: the second sandbox is an error, the third works."""
    environment = make_environment("range-of-one")
    check_file(environment, PROGRAMS / "one_too_many_is_told.py")
    sleep_until(lambda: not host_scan(70100), 10)


def test_a_uid_of_the_range_cannot_be_named(make_environment):
    """A caller gets one; it cannot ask for somebody's."""
    check_file(
        make_environment("docker-range"),
        PROGRAMS / "a_uid_of_the_range_cannot_be_named.py",
    )
