"""Whatever interrupts a call, at whatever instruction, nothing is left of it;
and whoever interrupts may make calls too."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from environments import sleep_until
from interrupting import (
    Interrupted,
    Place,
    act_at,
    interrupt_at,
    module_of,
    places,
    some,
    told,
)
from proc import own_children, own_descriptors

from boxed import (
    Sandbox,
    WorkerDied,
    _boxed,
    run,
)
from boxed._calls import chunks
from boxed._live import (
    box,
    registry,
)

# Each of some hundred interrupts takes a sandbox's life, 20 ms.
pytestmark = [
    pytest.mark.timeout(600),
    # Where the interrupt comes before the end of the block.
    pytest.mark.filterwarnings("ignore:unclosed Sandbox:ResourceWarning"),
]

#: Modules that hold something; the others are walked through as one.
HOLDING = (
    "_live/registry.py",
    "_live/box.py",
    "_live/prefork.py",
    "_calls/attempt.py",
    "_calls/call.py",
)
PAYLOAD = "_wire/payload.py"


@pytest.fixture(autouse=True)
def watched() -> Iterator[None]:
    """A hang is told with the stacks of all threads."""
    faulthandler.dump_traceback_later(550, exit=True)
    registry.close_all()
    yield
    registry.close_all()
    faulthandler.cancel_dump_traceback_later()


def whole_life() -> None:
    """A sandbox that starts, is called until workers stand by, and ends."""
    with Sandbox() as sandbox:
        for _ in range(2):
            assert sandbox.run(abs, (-1,)) == 1


def first_calls() -> None:
    for _ in range(2):
        assert run(abs, (-1,)) == 1


def every_place(module: str) -> list[Place]:
    """The instructions of a module that a whole life comes to; or of all that
    are not in the list."""
    whole_life()
    if module != "others":
        return places(whole_life, {module})
    return [
        place
        for place in places(whole_life)
        if module_of(place[0]) not in {*HOLDING, PAYLOAD}
    ]


def what_is_there() -> tuple[object, ...]:
    return own_descriptors(), own_children(), _boxed.seats()[:2]


@pytest.mark.parametrize("module", [*HOLDING, "others"])
def test_nothing_is_left_of_an_interrupted_life(module):
    """No process, be it a zombie, no descriptor and no count; at once,
    without the collector."""
    every = some(every_place(module), 50)
    before, through = what_is_there(), 0
    gc.disable()
    try:
        for place in every:
            through += interrupt_at(place, whole_life)
            assert what_is_there() == before, told(place)
    finally:
        gc.enable()
    assert through > 0.9 * len(every)


def two_outcomes() -> None:
    """One of a value, one of an exception."""
    with Sandbox() as sandbox:
        assert sandbox.call(abs, (-1,)).unwrap() == 1
        assert sandbox.call(abs, ("",)).cause == "raised"


def test_nothing_is_left_of_an_interrupted_outcome():
    """Nor of what waits for a worker's end, and makes a record of it."""
    two_outcomes()
    modules = {f"_calls/{name}.py" for name in ("answer", "call", "outcomes")}
    every = some(places(two_outcomes, modules), 40)
    before, through = what_is_there(), 0
    gc.disable()
    try:
        for place in every:
            through += interrupt_at(place, two_outcomes)
            assert what_is_there() == before, told(place)
    finally:
        gc.enable()
    assert through > 0.9 * len(every)


def test_the_walk_finds_what_is_left(monkeypatch):
    """The control: of a sandbox that does not end because nobody refers to it
    any more, much is."""
    every = some(every_place("_live/box.py"), 16)
    before, kept, leaks = what_is_there(), [], 0

    class Module:
        def __getattr__(self, name):
            return getattr(_boxed, name)

        @staticmethod
        def Box(*args):
            kept.append(_boxed.Box(*args))
            return kept[-1]

    monkeypatch.setattr(box, "_boxed", Module())
    for place in every:
        interrupt_at(place, whole_life)
        leaks += what_is_there() != before
        kept.clear()
    assert leaks > 0


def test_nothing_is_left_by_signals():
    """Of real ones, at fifty moments of a sandbox's life."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    whole_life()
    start = time.perf_counter()
    whole_life()
    lasts, came = time.perf_counter() - start, 0
    before = what_is_there()
    caught = signal.signal(signal.SIGALRM, interrupt)
    try:
        for moment in range(1, 51):
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, lasts * moment / 50)
                    whole_life()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except Interrupted:
                came += 1
            assert what_is_there() == before
    finally:
        signal.signal(signal.SIGALRM, caught)
    assert came > 0


def in_a_sandbox(*args: object) -> object:
    with Sandbox() as sandbox:
        return sandbox.run(*args)


@pytest.mark.parametrize("nested", [run, in_a_sandbox])
def test_a_call_within_a_call(nested):
    """At any instruction of a first call and of a later one, as a signal's
    handler or a destructor makes it: both return, and nothing is left."""
    first_calls()
    values: list[object] = []

    def act() -> None:
        values.append(nested(abs, (-2,)))

    registry.close_all()
    every = some(places(first_calls), 30)
    registry.close_all()
    gc.collect()
    before = what_is_there()
    for place in every:
        act_at(place, act, first_calls)
        first_calls()
        registry.close_all()
        assert what_is_there() == before, told(place)
    # Whether a worker stands by already, and so where the work leads, varies.
    assert len(values) > 0.7 * len(every)
    assert set(values) == {2}


def test_a_call_that_would_wait_for_itself(monkeypatch):
    """The control: where a start is waited for by whoever interrupted it, the
    walk comes to that."""

    class Stubborn:
        closed = False

        def run(self, work):
            if self.closed:
                return None
            self.closed = True
            try:
                return work()
            finally:
                self.closed = False

        def wait(self):
            # There is one thread.
            if self.closed:
                raise Interrupted
            return True

    first_calls()
    registry.close_all()
    every = some(places(first_calls, {"_live/box.py"}), 16)
    monkeypatch.setattr(_boxed, "Latch", Stubborn)
    hangs = 0
    for place in every:
        registry.close_all()
        try:
            act_at(place, lambda: run(abs, (-2,)), first_calls)
        except Interrupted:
            hangs += 1
    assert hangs > len(every) // 2


def test_a_destructor_that_calls():
    """Collected in the midst of a start, in a cycle."""
    values: list[int] = []

    class Calling:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            values.append(run(abs, (-3,)))

    def collect() -> None:
        Calling()
        gc.collect()

    first_calls()
    registry.close_all()
    every = some(places(first_calls, {"_live/box.py"}), 16)
    for place in every:
        registry.close_all()
        assert act_at(place, collect, first_calls)
    assert values == [3] * len(every)


def test_threads_do_not_wait_in_a_ring():
    """One whose work others wait for waits for nobody: so no chain of those
    that wait leads back.  Another one does wait."""
    latch, own = _boxed.Latch(), _boxed.Latch()
    go, waited = threading.Event(), []
    working = threading.Thread(target=latch.run, args=(go.wait,))
    working.start()
    sleep_until(lambda: latch.closed)
    assert own.run(latch.wait) is False
    seat = _boxed.Seat()
    assert seat.take(1)
    assert latch.wait() is False
    seat.leave()
    # The control.
    waiting = threading.Thread(target=lambda: waited.append(latch.wait()))
    waiting.start()
    time.sleep(0.05)
    assert waiting.is_alive()
    go.set()
    for thread in (working, waiting):
        thread.join()
    assert waited == [True]
    assert latch.wait() is True


def test_work_that_fails_opens_its_latch():
    """However it ends; and it is not begun twice."""
    latch = _boxed.Latch()

    def fail() -> None:
        assert latch.closed
        assert latch.run(list) is None
        raise Interrupted

    with pytest.raises(Interrupted):
        latch.run(fail)
    assert not latch.closed
    assert latch.run(list) == []


def test_many_threads_start_one():
    """Of a policy's first callers one starts the sandbox."""
    registry.close_all()
    before = own_children()
    threads = [threading.Thread(target=first_calls) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(own_children() - before) == 1


def test_a_fork_in_the_midst_of_a_start():
    """At any instruction of it: the child has none of its descriptors, can
    start a sandbox of its own, and leaves the parent's alone."""
    first_calls()
    registry.close_all()
    every = some(places(first_calls, {"_live/box.py"}), 32)
    registry.close_all()
    before, statuses = own_descriptors(), []

    def fork() -> None:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                alone = own_descriptors() == before
                first = not statuses
                status = 2 + (alone and (not first or run(abs, (-1,)) == 1))
            finally:
                os._exit(status)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    for place in every:
        assert act_at(place, fork, first_calls)
        registry.close_all()
    assert statuses == [3] * len(every)


def test_nothing_is_left_of_large_arguments_and_results():
    """Neither side's memory, wherever the call is interrupted."""

    def large() -> None:
        with Sandbox() as sandbox:
            assert sandbox.run(bytes.upper, (b"x" * (2 << 20),))[:1] == b"X"

    large()
    every = places(large, {PAYLOAD})
    before = what_is_there()
    for place in every:
        assert interrupt_at(place, large)
        assert what_is_there() == before, told(place)


def test_a_chunk_whose_thread_is_ended(monkeypatch):
    """Before it could note anything: whoever waits for it is told."""
    monkeypatch.setattr(chunks.Chunk, "_run", lambda self: sys.exit())
    with Sandbox() as sandbox, pytest.raises(WorkerDied, match="thread"):
        list(sandbox.map(abs, [1]))
