"""Calls as a program's own way of running work has them: executors, event
loops, decorated functions; in every environment."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from core import check_file

from boxed._calls.call import Exchange

PROGRAMS = Path(__file__).parent / "programs"


def test_executor(environment):
    assert check_file(environment, PROGRAMS / "executor.py") == "done\n"


def test_event_loops(environment):
    check_file(environment, PROGRAMS / "event_loops.py")


def test_decorated(environment):
    check_file(environment, PROGRAMS / "decorated.py")


class Ending(Exchange):
    """Its call ends in another thread, between two looks at it."""

    def __init__(self, live):
        self.looks = [None, live]

    @property
    def live(self):
        return self.looks.pop()


def test_a_call_that_ends_while_it_is_cancelled():
    """Whoever cancels is told nothing of it."""
    killed = []
    Ending(SimpleNamespace(kill=lambda: killed.append(1))).cancel()
    assert killed == [1]
