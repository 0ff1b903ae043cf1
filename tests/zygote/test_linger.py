"""Workers that have answered: they end, whatever the guest left them to do.

As root, a caller may look at the processes of its sandbox.
"""

from __future__ import annotations

import pytest
from core import check
from standbys import program

# Guests that go on after their answer.
THREAD = """
import _thread
def work():
    while True:
        pass
_thread.start_new_thread(work, ())
"""
FORGER = """
import sys, time
frame = sys._getframe()
while frame.f_code.co_name != "work":
    frame = frame.f_back
_boxed, call = frame.f_globals["_boxed"], frame.f_locals["call"]
_boxed.answer(call, _boxed.FRAME_VALUE, b"\\x80\\x05N.")
while True:
    {}
"""
GUESTS = {
    "honest": "pass",
    "thread": THREAD,
    "busy": FORGER.format("pass"),
    "asleep": FORGER.format("time.sleep(1)"),
}
# A caller whose calls stay open, so that the zygote hears of none.
KEPT = """
from boxed._live.box import Box
kept = []
class Kept:
    def __init__(self, call):
        self.call = call
    def __getattr__(self, name):
        return getattr(self.call, name)
    def close(self):
        kept.append(self.call)
opening = Box.open_call
Box.open_call = lambda self: Kept(opening(self))
"""
CALL = "assert run(exec, ({!r},)) is None"
GONE = "until(lambda: not workers())"


@pytest.fixture
def root(make_environment):
    """A caller that sees its sandbox from outside."""
    return make_environment("root")


@pytest.mark.parametrize("guest", GUESTS)
def test_it_is_ended(root, guest):
    """Soon after its call it is gone, also where it had a life to lead."""
    check(root, program(f"{CALL.format(GUESTS[guest])}\n{GONE}"))


@pytest.mark.parametrize("guest", ["busy", "asleep"])
def test_it_is_the_end_of_the_call_that_ends_it(root, guest):
    """The control: one that went on does, as long as its call is open."""
    check(
        root,
        program(
            f"""
{CALL.format(GUESTS[guest])}
time.sleep(3)
assert len(workers()) == 1
kept.pop().close()
{GONE}
""",
            KEPT,
        ),
    )


@pytest.mark.parametrize("guest", ["honest", "thread"])
def test_it_ends_by_itself_if_it_must(root, guest):
    """Where nobody closes the call, an honest one does not stay for ever."""
    check(root, program(f"{CALL.format(GUESTS[guest])}\n{GONE}", KEPT))


def test_the_next_call_is_not_kept_waiting(root):
    """A worker that lingers is none that a later call is sent to."""
    check(
        root,
        program(
            """
guest = "__import__('random').random()"
assert len({run(eval, (guest,)) for _ in range(60)}) == 60
"""
            + GONE.replace("not workers()", "len(workers()) <= len(waiting())")
        ),
    )
