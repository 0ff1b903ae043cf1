"""Where the caller can make cgroups, each call has one; elsewhere it does
without, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from cgroups import delegated, writable
from core import check_file
from environments import old_landlock

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
def old_hierarchy() -> Path:
    return writable()


@pytest.mark.case("P-R02")
def test_all_memory_of_a_call(make_environment, old_hierarchy):
    """Shared memory, files, page tables and processes together."""
    check_file(make_environment("root"), PROGRAMS / "all_memory_of_a_call.py")


def test_what_an_answer_keeps(make_environment, old_hierarchy):
    """The memory of an answer that the caller has is no later call's."""
    check_file(make_environment("root"), PROGRAMS / "what_an_answer_keeps.py")


def test_keepers(make_environment, old_hierarchy):
    """None is left, and none that is in use is removed."""
    with delegated(old_hierarchy, 0):
        check_file(make_environment("root"), PROGRAMS / "keepers.py")


@pytest.mark.parametrize("name", ["root", "docker-root", "rootless"])
def test_guests_and_keepers(name, make_environment, old_hierarchy):
    """In tiers in which a guest has another uid, or none of its own there."""
    environment = make_environment(name)
    with delegated(old_hierarchy, environment.uid):
        check_file(environment, PROGRAMS / "guests_and_keepers.py")


@pytest.mark.parametrize("abi", [5, 7])
def test_guests_and_keepers_of_one_uid(abi, make_environment, old_hierarchy):
    """With the caller's uid, also where Landlock keeps no signals in."""
    environment = make_environment("kubernetes")
    with delegated(old_hierarchy, environment.uid):
        check_file(
            environment,
            PROGRAMS / "guests_and_keepers.py",
            through=old_landlock(abi),
        )


@pytest.mark.parametrize(
    ("name", "of_user"),
    [
        ("root", "cgroup v1"),
        ("docker-root", "cgroup v1"),
        # Version 1 moves nobody whose uid is another's.
        ("user", "watched"),
        ("rootless", "cgroup v1"),
    ],
)
def test_what_rules(name, of_user, make_environment, old_hierarchy):
    """An ordinary user has a cgroup only where one was given to it."""
    environment = make_environment(name)
    program = PROGRAMS / "ruled_by.py"
    without = of_user if environment.uid == 0 else "watched"
    check_file(environment, program, without)
    with delegated(old_hierarchy, environment.uid):
        check_file(environment, program, of_user)
