"""Whatever interrupts a call, at whatever instruction and however the call
would have ended, nothing is left of it."""

from __future__ import annotations

import io
import subprocess
import time

import pytest
from interrupting import interrupt_at, module_of, places, some, told
from proc import own_children, own_descriptors

from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    RemoteError,
    WorkerDied,
    _boxed,
    run,
)
from boxed._live import prefork, registry

pytestmark = pytest.mark.timeout(600)

#: It holds memory of stores, and has a test of its own.
PAYLOAD = "_wire/payload.py"


@pytest.fixture(autouse=True)
def ended():
    """Sandboxes of other tests are none of this one's."""
    registry.close_all()
    yield
    registry.close_all()


def what_is_there() -> tuple[object, ...]:
    return own_descriptors(), own_children(), _boxed.seats()[:2]


def first_calls() -> None:
    for _ in range(2):
        assert run(abs, (-1,)) == 1


def prints() -> None:
    run(print, ("text",), stdout=io.StringIO())


def raises() -> None:
    with pytest.raises(RemoteError):
        run(divmod, (1, 0))


def dies() -> None:
    with pytest.raises(WorkerDied):
        run(exec, ("import os; os._exit(3)",))


def is_late() -> None:
    with pytest.raises(CallTimeout):
        run(time.sleep, (1000,), timeout=0.02)


def floods() -> None:
    few = Limits(output=10)
    with pytest.raises(LimitExceeded):
        run(print, ("x" * 100,), stdout=subprocess.DEVNULL, limits=few)


@pytest.mark.parametrize(
    "work", [first_calls, prints, raises, dies, is_late, floods]
)
def test_nothing_is_left_of_an_interrupted_call(work):
    """However it would have ended.  Of a sandbox that lives on: no call is
    counted, no descriptor left; the next call works."""
    first_calls()
    for _ in range(3):
        work()
    every = places(work)
    prefork.end_all()
    before, through = what_is_there(), 0
    every = [one for one in every if module_of(one[0]) != PAYLOAD]
    every = some(every, 50)
    for place in every:
        first_calls()
        through += interrupt_at(place, work)
        prefork.end_all()
        assert what_is_there() == before, told(place)
    # Whether a worker stands by already varies.
    assert through > 0.3 * len(every)
    work()
