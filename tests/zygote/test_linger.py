"""Workers that have answered: they end, whatever the guest left them to do.

As root, a caller may look at the processes of its sandbox.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file
from guest_code import WITHIN

PROGRAMS = Path(__file__).parent / "programs"

# Guests that go on after their answer.
THREAD = """
import _thread
def work():
    while True:
        pass
_thread.start_new_thread(work, ())
"""
FORGER = f"""{WITHIN}
import time
_boxed.answer(call, _boxed.FRAME_VALUE, b"\\x80\\x05N.")
while True:
"""
GUESTS = {
    "honest": "pass",
    "thread": THREAD,
    "busy": FORGER + "    pass",
    "asleep": FORGER + "    time.sleep(1)",
}


@pytest.fixture
def root(make_environment):
    """A caller that sees its sandbox from outside."""
    return make_environment("root")


def become(root, where: str, guest: str) -> None:
    """A guest whose worker is gone soon, whatever becomes of its call."""
    check_file(
        root,
        PROGRAMS / "lingering_guests.py",
        where,
        GUESTS[guest],
    )


@pytest.mark.parametrize("guest", GUESTS)
def test_it_is_ended(root, guest):
    """Soon after its call it is gone, also where it had a life to lead."""
    become(root, "closed", guest)


@pytest.mark.parametrize("guest", ["busy", "asleep"])
def test_it_is_the_end_of_the_call_that_ends_it(root, guest):
    """The control: one that went on does, as long as its call is open."""
    become(root, "then closed", guest)


@pytest.mark.parametrize("guest", ["honest", "thread"])
def test_it_ends_by_itself_if_it_must(root, guest):
    """Where nobody closes the call, an honest one does not stay for ever."""
    become(root, "kept", guest)


def test_the_next_call_is_not_kept_waiting(root):
    """Nor is it sent to a worker that lingers."""
    program = PROGRAMS / "the_next_call_is_not_kept_waiting.py"
    check_file(root, program)
