"""Run by test_outcomes: a guest for each cause, which does exactly that."""

import os
import signal
import threading
import time
from typing import Any

import cloudpickle
import guests
from guests import Own, own_pid, spin, told, write_a_frame
from harness import ISOLATION, Sandbox, call, refused

from boxed import (
    BoxedError,
    CallCancelled,
    CallTimeout,
    LimitExceeded,
    Limits,
    ProtocolError,
    RemoteError,
    SerializationError,
    SetupError,
    UnsafeResultError,
    WorkerDied,
)

# Not by name: some tiers' guests cannot read what is in a user's home.
cloudpickle.register_pickle_by_value(guests)
BY_VALUE = {"serializer": "cloudpickle"}
# Cause: what a guest does, with which limits, and what run() raises.
GUESTS: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = {
    "returned": (abs, (-1,), {}, None),
    "raised": (divmod, (1, 0), {}, RemoteError),
    "timeout": (time.sleep, (60,), {}, CallTimeout),
    "cpu_time": (spin, (), {"cpu_time": 0.5}, LimitExceeded),
    "output": (print, ("x" * 200,), {"output": 100}, LimitExceeded),
    "result": (bytes, (2000,), {"result": 1000}, LimitExceeded),
    "signal": (os.kill, ("self", signal.SIGTERM), {}, WorkerDied),
    "exit": (os._exit, (3,), {}, WorkerDied),
    "protocol": (write_a_frame, (), {}, ProtocolError),
    "unsafe_result": (Own, (), {}, UnsafeResultError),
    "serialization": (threading.Lock, (), {}, SerializationError),
}


def check(cause, outcome, kind):
    assert outcome.cause == cause, outcome
    error = outcome.exception
    assert (type(error) if kind is None else kind) and isinstance(
        error, kind or type(None)
    ), outcome
    assert outcome.usage.wall_time > 0 and outcome.tier and outcome.walls
    if error is None:
        assert outcome.unwrap() == 1
        return
    assert isinstance(error, BoxedError) and error.outcome == outcome
    assert refused(kind, outcome.unwrap) is error
    assert outcome.value is None


def check_all():
    for cause, (what, args, limits, kind) in GUESTS.items():
        args = (0, what, args)
        outcome = call(
            told,
            (own_pid, *args),
            timeout=2 if cause == "timeout" else 40,
            limits=Limits(**limits),
            **BY_VALUE,
        )
        check(cause, outcome, kind)
        assert outcome.usage.measured, outcome
        assert outcome.stdout.startswith("before\n"), outcome
        # Too much of one ends the call, with the other unread.
        assert outcome.stderr == "aside\n" or cause == "output", outcome
        number = {"signal": signal.SIGTERM}.get(cause)
        if cause != "cpu_time":
            assert outcome.signal == number, outcome
        assert outcome.exitcode == {"exit": 3}.get(cause), outcome
        if isinstance(outcome.exception, LimitExceeded):
            error = outcome.exception
            assert error.resource == cause and error.limit == limits[cause]
            is_more = (error.used or 0) > (error.limit or 0)
            assert is_more or cause == "cpu_time", outcome


def check_setup():
    outcome = call(abs, (-1,), imports=["no_such_module"])
    assert outcome.cause == "setup" and outcome.stdout == "", outcome
    assert isinstance(outcome.exception, SetupError)
    assert not outcome.usage.measured


def check_cancelled_and_lost():
    for cause, kind in (("cancelled", CallCancelled), ("lost", WorkerDied)):
        sandbox = Sandbox()
        assert sandbox.call(abs, (-1,)).unwrap() == 1
        (slot,) = sandbox._boxes.slots.values()
        end = sandbox.close if cause == "cancelled" else slot.box.close
        timer = threading.Timer(0.5, end)
        timer.start()
        outcome = sandbox.call(time.sleep, (60,))
        timer.join()
        sandbox.close()
        check(cause, outcome, kind)
        assert outcome.signal is None and outcome.exitcode is None, outcome


if __name__ == "__main__":
    check_all()
    check_setup()
    check_cancelled_and_lost()
    # The caller's own mistakes.
    refused(TypeError, call, abs, (1,), timout=1)
    refused(ValueError, call, abs, (1,), timeout=0)
    refused(SerializationError, call, abs, (threading.Lock(),))
    error = refused(LimitExceeded, call, len, (bytes(65 << 20),))
    assert error.resource == "request" and error.outcome is None
    assert ISOLATION
