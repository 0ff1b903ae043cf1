"""Sandbox.map: what is in flight, and what is left of it."""

from __future__ import annotations

import _thread
import gc
import itertools
import operator
import time
import weakref
from contextlib import suppress
from pathlib import Path

import pytest
from environments import sleep_until
from proc import descendants

from boxed import (
    CallTimeout,
    RemoteError,
    Sandbox,
    WorkerDied,
)
from boxed._calls import chunks

IN_FLIGHT = chunks.max_in_flight()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


# Those of a run in several processes, which hear from the first.
ALREADY = _thread._count()


def no_threads() -> bool:
    return _thread._count() == ALREADY


# A guest that can be told from outside; others may stand by.
BUSY = """
import ctypes, time
assert ctypes.CDLL(None).prctl(15, b"boxed-busy", 0, 0, 0) == 0
time.sleep({seconds})
"""


def busy(sandbox: Sandbox) -> int:
    """How many of the sandbox's processes run BUSY."""
    (slot,) = sandbox._boxes.slots.values()
    found = 0
    for process in descendants(slot.box.pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            name = Path(f"/proc/{process}/comm").read_text()
            found += name == "boxed-busy\n"
    return found


def test_a_time_limit_holds_while_nobody_asks(sandbox):
    """A chunk in flight is ended although no result is waited for."""
    long = BUSY.format(seconds=60)
    results = sandbox.map(exec, ["1", long, long], timeout=2)
    assert next(results) is None
    sleep_until(lambda: busy(sandbox), 10)
    sleep_until(lambda: not busy(sandbox), 10)
    with pytest.raises(CallTimeout):
        next(results)


def test_only_a_few_chunks_ahead(sandbox):
    """An endless iterable; rows are asked for as results are taken."""
    asked = itertools.count()
    rows = (next(asked) for _ in itertools.count())
    results = sandbox.map(operator.neg, rows, chunksize=3)
    for taken in range(100):
        assert next(results) == -taken
    # Every row's number was taken from the counter when it was asked for.
    ahead = next(asked) - 100
    assert 0 < ahead <= 3 * (IN_FLIGHT + 1)
    results.close()


def test_nothing_happens_before_the_first_result_is_asked_for(sandbox):
    """And a generator that nobody used leaves nothing to end."""
    asked = []
    rows = (asked.append(n) for n in range(3))
    results = sandbox.map(repr, rows)
    assert asked == []
    del results
    assert asked == []


@pytest.mark.parametrize("how", ["close", "forget"])
def test_closing_it_early_ends_its_workers(how):
    """And its threads; the control sees the workers while it is open."""
    with Sandbox() as sandbox:
        sleep_until(no_threads)
        long = BUSY.format(seconds=60)
        results = sandbox.map(exec, ["1"] + [long] * 50)
        for _ in results:
            break
        sleep_until(lambda: busy(sandbox) > 1, 20)
        assert not no_threads()
        if how == "close":
            results.close()
            assert not busy(sandbox)
        else:
            results = None
        sleep_until(lambda: not busy(sandbox), 20)
        sleep_until(no_threads)
        assert sandbox.run(abs, (-1,)) == 1


@pytest.mark.parametrize("how", ["row", "iterable", "chunk", "early"])
def test_an_exception_keeps_no_sandbox(how):
    """It is in no cycle: the Sandbox ends with the last name for it."""
    gc.collect()
    gc.disable()
    try:
        sandbox = Sandbox(timeout=1)
        rows = {
            "row": ["1", "1 / 0"],
            "iterable": map(int, ["x"]),
            "chunk": ["__import__('os')._exit(3)"],
            "early": ["1", "1", "[1 for _ in iter(int, 1)]"],
        }[how]
        results = sandbox.map(eval, rows, chunksize=2, timeout=30)
        if how == "early":
            next(results)
        else:
            with pytest.raises((RemoteError, ValueError, WorkerDied)):
                list(results)
        results.close()
        sandbox.close()
        sleep_until(no_threads)
        seen = weakref.ref(sandbox)
        del sandbox, rows, results
        assert seen() is None
    finally:
        gc.enable()


def test_a_generator_collected_by_a_chunks_thread():
    """The collector may run there: it must not wait for itself."""
    with Sandbox() as sandbox:
        results = sandbox.map(time.sleep, [0, 60])
        next(results)
        (chunk,) = results.gi_frame.f_locals["flight"]
        sleep_until(lambda: chunk._thread is not None)
        # As if this thread were the chunk's.
        chunk._thread = _thread.get_ident()
        results.close()
        sleep_until(no_threads)
