"""What a guest sees of the places that the caller imports from."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"

NAMESPACES = ["root", "user", "rootless"]


def test_modules_and_nothing_beside_them(environment):
    """Of a place, modules and packages; secrets by none of the ways that lead
    to them.  What the caller can read, and a guest with `read=`, is there."""
    check_file(environment, PROGRAMS / "modules_and_nothing_beside_them.py")


@pytest.mark.parametrize("name", NAMESPACES)
def test_nothing_beside_is_there(make_environment, name):
    """Where there are mounts, the names are not there either."""
    check_file(make_environment(name), PROGRAMS / "nothing_beside_is_there.py")


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        *((name, "/tmp") for name in NAMESPACES),
        ("user", "home"),
        ("rootless", "home"),
        ("root", "/dev/shm"),
        ("root", "/"),
    ],
)
def test_a_script_where_much_else_is(machine, make_environment, name, parent):
    """A sibling module of a script in a home, in /tmp or in / is imported; a
    secret there, and what else is there, cannot be read."""
    if parent == "home":
        machine.need_root("a home outside of /tmp")
    check_file(
        make_environment(name),
        PROGRAMS / "a_script_where_much_else_is.py",
        parent,
    )


@pytest.mark.parametrize("name", NAMESPACES)
def test_whatever_its_mode(make_environment, name):
    """A project made under umask 077 is shown: the caller may read it."""
    check_file(make_environment(name), PROGRAMS / "whatever_its_mode.py")


def test_a_thousand_modules_cost_no_mount(make_environment):
    """They are copied; of those too large for that, each has one."""
    check_file(
        make_environment("root"),
        PROGRAMS / "a_thousand_modules_cost_no_mount.py",
    )


def test_more_than_can_be_copied(make_environment):
    """The error names the place, and its remedy mends it."""
    check_file(
        make_environment("root"), PROGRAMS / "more_than_can_be_copied.py"
    )


def test_a_limit_on_the_size_of_files(make_environment):
    """Where it leaves no room for all modules, none is left out silently."""
    check_file(
        make_environment("root"), PROGRAMS / "a_limit_on_the_size_of_files.py"
    )


def test_copies_that_are_made_are_let_go(make_environment):
    """No process of a sandbox keeps what its modules came in (control: that
    it is found where one does)."""
    check_file(
        make_environment("root"),
        PROGRAMS / "copies_that_are_made_are_let_go.py",
    )


def test_what_changes_is_seen(environment):
    """A module that comes, goes, or is written anew; not what else a program
    writes beside it, which starts no other sandbox."""
    check_file(environment, PROGRAMS / "what_changes_is_seen.py")


HIDDEN = {"/proc": "/proc", "/dev/null": "/dev"}


@pytest.mark.parametrize("missing", HIDDEN)
def test_a_machine_without(make_environment, missing):
    """What is not there is named, and mending it as it says mends it."""
    check_file(
        make_environment("root"),
        PROGRAMS / "a_machine_without.py",
        *(missing, HIDDEN[missing]),
        through=("/usr/bin/unshare", "-m", "--"),
    )


def test_two_changes_at_one_time(make_environment):
    """The second of two within a tick of the kernel's clock is seen, though
    the directory's time is the same."""
    check_file(
        make_environment("root"), PROGRAMS / "two_changes_at_one_time.py"
    )


def test_a_large_directory(make_environment):
    """Of a place with a hundred thousand files, which are no modules, the
    modules are shown."""
    check_file(make_environment("root"), PROGRAMS / "a_large_directory.py")
