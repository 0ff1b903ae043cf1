"""The main job, in every environment: from the command line."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_the_command_line(environment):
    """`boxed run` prints JSON, and its exit status tells."""
    check_file(environment, PROGRAMS / "the_command_line.py")


def test_the_command_line_of_an_editable_installation(make_environment):
    """A hook finds the package there, which is nowhere on the path."""
    program = PROGRAMS / "an_editable_installation.py"
    check_file(make_environment("root"), program)
