"""The backend of joblib, on joblib itself, in every environment."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_joblib(environment):
    check_file(environment, PROGRAMS / "joblib_backend.py")
