"""Each grant opens what it names, and nothing else, in every environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_read_opens_a_file_and_not_its_neighbour(environment):
    """A granted file can be read, not written; one beside it neither."""
    check_file(
        environment, PROGRAMS / "read_opens_a_file_and_not_its_neighbour.py"
    )


def test_write_opens_a_file_and_not_its_neighbour(environment):
    """A granted file can be changed; one beside it not, nor its folder."""
    check_file(
        environment, PROGRAMS / "write_opens_a_file_and_not_its_neighbour.py"
    )


def test_write_opens_a_directory(environment):
    """Files can be made, renamed and removed in it, not above it; their modes
    changed where the guest owns nothing else that it could change so: with
    mounts, or with a uid of its own."""
    has_own_uid = environment.name == "docker-user"
    has_mounts = environment.tier_expected in ("full", "rootless")
    modes = "changed" if has_own_uid or has_mounts else "kept"
    program = PROGRAMS / "write_opens_a_directory.py"
    check_file(environment, program, modes)


def test_write_inside_what_is_readable(environment):
    """A writable folder in a tree that the guest sees anyway."""
    check_file(environment, PROGRAMS / "write_inside_what_is_readable.py")


def test_a_link_is_followed_once(environment):
    """The guest sees what it led to, under the link's own name."""
    check_file(environment, PROGRAMS / "a_link_is_followed_once.py")


def test_refused_grants(environment):
    """Missing paths, a string for a list, and the sandbox's own places."""
    check_file(environment, PROGRAMS / "refused_grants.py")


@pytest.mark.parametrize("name", ["user", "docker-user"])
def test_a_grant_that_the_guest_could_not_use(make_environment, name):
    """A path closed to the guest's user is an error, not a surprise."""
    check_file(
        make_environment(name),
        PROGRAMS / "a_grant_that_the_guest_could_not_use.py",
    )


@pytest.mark.parametrize("name", ["user", "docker-user"])
def test_what_is_written_must_be_the_callers(make_environment, name):
    """A guest as nobody could else write what nobody owns (control: a
    directory of the caller's own works, and so does this one for root)."""
    environment = make_environment(name)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o777)  # noqa: PTH101
        program = PROGRAMS / "what_is_written_must_be_the_callers.py"
        check_file(environment, program, folder)
        program = PROGRAMS / "what_is_written_may_be_anybodys.py"
        check_file(make_environment("root"), program, folder)


def test_the_environment(environment):
    """env= sets what it names, and the caller's own stays outside."""
    check_file(environment, PROGRAMS / "the_environment.py")


def test_the_network(environment):
    """network=True reaches a listener on loopback; without it none."""
    check_file(environment, PROGRAMS / "the_network.py")


def test_allowed_classes(environment):
    """allow= lets instances of a class come back, and of no other."""
    check_file(environment, PROGRAMS / "allowed_classes.py")


def test_what_guests_write_is_not_imported_outside_of_calls(environment):
    """A module that a guest puts in front of the standard library's, where it
    may write, is imported by no zygote, not even by what it puts off."""
    check_file(
        environment,
        PROGRAMS / "what_guests_write_is_not_imported_outside_of_calls.py",
    )
