"""An import path, an interpreter and a current directory as odd programs have
them: it works, or is told as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"

ODD = ["root", "kubernetes"]


@pytest.mark.parametrize("name", ODD)
def test_entries_of_every_kind(make_environment, name):
    """What Python's own import passes over is passed over."""
    check_file(make_environment(name), PROGRAMS / "entries_of_every_kind.py")


@pytest.mark.parametrize("name", ODD)
def test_hundreds_of_places(make_environment, name):
    """They are shown; of thousands, or very long ones, the error says what to
    do, and that does it."""
    check_file(make_environment(name), PROGRAMS / "hundreds_of_places.py")


def test_more_grants_than_mounts(make_environment):
    """Each needs a mount of its own; the error says how many there can be."""
    check_file(
        make_environment("root"), PROGRAMS / "more_grants_than_mounts.py"
    )


@pytest.mark.parametrize("name", ODD)
def test_without_a_current_directory(make_environment, name):
    """Removed under the program, with '' on its path."""
    check_file(
        make_environment(name), PROGRAMS / "without_a_current_directory.py"
    )


@pytest.mark.parametrize("name", ODD)
def test_places_that_go(make_environment, name):
    """Between the moment in which they are listed and that in which they are
    shown; and while they are."""
    check_file(make_environment(name), PROGRAMS / "places_that_go.py")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "executable",
    ["'python3'", "''", "None", "'/usr/bin/env'", "'/nowhere/python3'", "'.'"],
)
def test_sys_executable(make_environment, name, executable):
    """Where a program embeds the interpreter or sets it, the one that its
    prefix has is used."""
    program = PROGRAMS / "sys_executable.py"
    check_file(make_environment(name), program, executable)


def test_no_interpreter_to_be_found(make_environment):
    """It is said, with what to do, and that mends it."""
    check_file(
        make_environment("root"), PROGRAMS / "no_interpreter_to_be_found.py"
    )


@pytest.mark.parametrize("name", ["root", "user", "rootless"])
def test_an_environment_in_a_project(make_environment, name):
    """Made in the project's own directory: the guest sees the environment,
    and of the project the modules."""
    check_file(
        make_environment(name),
        PROGRAMS / "an_environment_in_a_project.py",
        beside=[PROGRAMS / "in_its_environment.py"],
    )


@pytest.mark.parametrize("name", ODD)
def test_two_slashes_at_the_beginning(make_environment, name):
    """POSIX lets them mean another place; on Linux they are one."""
    check_file(
        make_environment(name), PROGRAMS / "two_slashes_at_the_beginning.py"
    )


@pytest.mark.parametrize("name", ODD)
def test_a_script_from_a_pipe(make_environment, name):
    """It was read, and is not there to be read again."""
    check_file(
        make_environment(name),
        PROGRAMS / "a_script_from_a_pipe.py",
        beside=[PROGRAMS / "from_a_pipe.py"],
    )
