"""Source text in place of a function, in every environment."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_source_text(environment):
    check_file(environment, PROGRAMS / "source_text.py")
