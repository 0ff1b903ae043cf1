"""``boxed exec``: a script from a shell, in every environment."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_the_exec_command(environment):
    check_file(environment, PROGRAMS / "the_exec_command.py")
