"""Calls as a program's own way of running work has them: executors, event
loops, decorated functions; in every environment."""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_executor(environment):
    assert check_file(environment, PROGRAMS / "executor.py") == "done\n"


def test_event_loops(environment):
    check_file(environment, PROGRAMS / "event_loops.py")


def test_decorated(environment):
    check_file(environment, PROGRAMS / "decorated.py")
