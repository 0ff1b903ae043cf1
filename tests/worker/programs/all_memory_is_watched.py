"""Run by test_memory_watch, where there are no cgroups."""

import mmap
import os

import cloudpickle
import watched_guests as guests
from harness import Sandbox, call

from boxed import Limits

cloudpickle.register_pickle_by_value(guests)
MIB = 1 << 20
MEMORY = 128
# Beside the memory: the result, the interpreter, and what is filled until the
# next look.
MOST = 3 * MEMORY * MIB


def ended(what, *args, **limits):
    outcome = call(
        what,
        args,
        serializer="cloudpickle",
        limits=Limits(memory=MEMORY * MIB, **limits),
        timeout=60,
    )
    assert "memory watch" in outcome.walls, outcome
    return outcome


def is_of_memory(outcome, limit=MEMORY * MIB):
    assert outcome.cause == "memory", outcome
    assert outcome.exception.limit == limit, outcome.exception
    assert limit < outcome.exception.used < MOST, outcome.exception


def of_one_process():
    assert ended(guests.share, 100).unwrap() == 100
    assert ended(guests.map_pages, 100).unwrap() == 100
    is_of_memory(ended(guests.share, 500))
    is_of_memory(ended(guests.map_pages, 450))
    is_of_memory(ended(guests.rename_and_share, 500))


def of_several():
    several = {"processes": 6}
    assert ended(guests.share, 100, **several).unwrap() == 100
    is_of_memory(ended(guests.share, 500, **several))
    assert ended(guests.fork_and_fill, 10, 5, **several).unwrap() == 5
    outcome = ended(guests.fork_and_fill, 100, 5, **several)
    assert outcome.cause == "memory", outcome
    # What they have together counts once.
    assert ended(guests.fork_and_share, 100, 5, **several).unwrap() == 5


def who_lets_nobody_look():
    """Is ended, without a word on memory, which nobody has measured."""
    for limits in ({}, {"processes": 2}) if HAS_NAMESPACES else ({},):
        outcome = ended(guests.flee, **limits)
        assert outcome.cause == "signal" and outcome.signal == 9, outcome


def of_one_call():
    """Tighter limits than the Sandbox's are watched too."""
    with Sandbox(
        serializer="cloudpickle", limits=Limits(memory=512 * MIB)
    ) as sandbox:
        assert sandbox.call(guests.share, (300,)).unwrap() == 300
        tight = Limits(memory=32 * MIB)
        outcome = sandbox.call(guests.share, (300,), limits=tight)
        assert outcome.cause == "memory", outcome
        assert outcome.exception.limit == 32 * MIB, outcome.exception
        assert outcome.exception.used < 300 * MIB
        assert sandbox.call(guests.share, (300,)).unwrap() == 300


def outside():
    """The same can be had where nobody looks."""
    if os.fork() == 0:
        guests.share(500)
        guests.map_pages(200)
        assert guests.fork_and_fill(100, 5) == 5
        os._exit(0)
    assert os.wait()[1] == 0
    mmap.mmap(-1, MIB).close()


if __name__ == "__main__":
    HAS_NAMESPACES = call(abs, (-1,)).tier in ("full", "rootless")
    outside()
    of_one_process()
    who_lets_nobody_look()
    of_one_call()
    if HAS_NAMESPACES:
        of_several()
