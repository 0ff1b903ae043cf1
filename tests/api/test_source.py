"""Source text in place of a function, in every environment."""

from __future__ import annotations

from pathlib import Path

from core import check_file
from here import run_here

# In an interpreter of its own, whose __main__ it takes away.
REHEARSAL = """
import pickle
from boxed._calls import source_request
from boxed._guest import source
text = source_request.REHEARSED
sent = source_request.encode(text, {}, most=10_000)
print(source.execute(*pickle.loads(sent.stream())))
"""

PROGRAMS = Path(__file__).parent / "programs"


def test_source_text(environment):
    check_file(environment, PROGRAMS / "source_text.py")


def test_what_a_worker_that_waits_runs():
    """It comes to its value: one that failed would fail in silence, and the
    text would wait for what it is to have done."""
    assert run_here("-c", REHEARSAL) == "-1.5\n"
