"""Modules that the caller has, wherever and however it found them."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_found_elsewhere(environment):
    """By a finder on sys.meta_path, by its file, on a path that was changed
    since; with what is in them, and nothing beside them."""
    check_file(environment, PROGRAMS / "found_elsewhere.py")


def test_editable_installation(environment):
    """setuptools' finder: a package is there though the caller, who installed
    it, has not imported it."""
    check_file(environment, PROGRAMS / "editable_installation.py")


def test_namespace_packages(environment):
    """Spread over several places: what the caller has imported from is there,
    of all of them; for another the message says how to name it."""
    check_file(environment, PROGRAMS / "namespace_packages.py")


def test_parents_that_were_made_up(environment):
    """As pytest makes them with its import mode `importlib`."""
    check_file(environment, PROGRAMS / "parents_that_were_made_up.py")


def test_zip_files(environment):
    """On the path, whatever their mode where they are copied."""
    check_file(environment, PROGRAMS / "zip_files.py")


def test_source_and_data_by_the_loader(environment):
    """importlib.resources, inspect and tracebacks find what they look for."""
    check_file(environment, PROGRAMS / "source_and_data_by_the_loader.py")


def test_closed_to_another_user(make_environment):
    """Where nothing is mounted and the guest is another user, what its mode
    closes is named, and the remedy, carried out, mends it."""
    check_file(
        make_environment("docker-user"), PROGRAMS / "closed_to_another_user.py"
    )


def test_path_names_what_instead(environment):
    """The caller's own places are not there, those that are named are; of
    them too modules only."""
    check_file(environment, PROGRAMS / "path_names_what_instead.py")


def test_path_of_the_command_line(make_environment):
    """`--path` in place of the current directory."""
    check_file(
        make_environment("root"),
        PROGRAMS / "path_of_the_command_line.py",
        env={"PYTHONPATH": ""},
    )


@pytest.mark.parametrize("name", ["user", "rootless", "kubernetes"])
def test_a_script_and_its_sibling(make_environment, name):
    """Functions of the script and of a module beside it."""
    check_file(
        make_environment(name), PROGRAMS / "a_script_and_its_sibling.py"
    )


@pytest.mark.parametrize("name", ["root", "user", "kubernetes"])
@pytest.mark.parametrize("way", ["directory", "zip", "package"])
def test_programs_that_are_no_script(make_environment, name, way):
    """Of a directory, a zip file or a package that is run, its functions and
    its modules."""
    check_file(
        make_environment(name),
        PROGRAMS / "programs_that_are_no_script.py",
        way,
        beside=[PROGRAMS / "an_app.py"],
    )
