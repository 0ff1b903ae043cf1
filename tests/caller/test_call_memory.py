"""What a report says of a call's memory: what the kernel measured."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_memory_of_a_report(environment):
    """The most that a call had is told of one that dies, however it ends."""
    check_file(environment, PROGRAMS / "memory_of_a_report.py")
