"""Functions of the caller's that a guest calls, in every environment."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_host_calls(environment):
    check_file(environment, PROGRAMS / "host_calls.py")
