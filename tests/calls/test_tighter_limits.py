"""Limits of one call on a Sandbox, in every tier."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAM = Path(__file__).parent / "programs" / "tighter_limits.py"


def test_each_rules_its_call(environment):
    """With its own number, and not the next call (control: what it forbids
    that one does)."""
    check_file(environment, PROGRAM)
