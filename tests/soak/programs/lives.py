"""Cases of the soak: what the caller does with sandboxes and calls, and what
others do to them."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import random
import signal
import threading
import time
from typing import Any

import soak_guests as guests
from harness import ISOLATION, Sandbox, run
from judged import PLENTY, Soak, Wrong, expect, in_child
from remains import below, parent_of

from boxed import BoxedError, CallCancelled, Limits, RemoteError
from boxed._live import registry


def maps(soak: Soak, rng: random.Random) -> None:
    """All rows, or those before one that fails."""
    count, size = rng.randrange(1, 200), rng.randrange(1, 40)
    bad = rng.choice([None, rng.randrange(count)])
    rows = [0 if n == bad else n + 1 for n in range(count)]
    found: list[object] = []
    error = None
    begun = time.monotonic()
    with Sandbox(serializer="cloudpickle") as sandbox:
        values = sandbox.map(divmod, [10**6] * count, rows, chunksize=size)
        try:
            found += values
        except BoxedError as failed:
            error = failed
    if soak.is_excused(error, begun):
        return
    good = rows if bad is None else rows[:bad]
    is_right = found == [divmod(10**6, row) for row in good]
    kind: Any = type(None) if bad is None else RemoteError
    if not is_right or not isinstance(error, kind):
        raise Wrong("map", count, size, bad, len(found), error)
    soak.count("mapped")


def breaks_a_map_off(soak: Soak, rng: random.Random) -> None:
    begun = time.monotonic()
    with Sandbox(serializer="cloudpickle") as sandbox:
        values = sandbox.map(abs, range(10**9), chunksize=rng.randrange(1, 9))
        try:
            for n in range(rng.randrange(1, 30)):
                if next(values) != n:
                    raise Wrong("map", n)
        except BoxedError as error:
            if not soak.is_excused(error, begun):
                raise
        values.close()


def has_another_policy(soak: Soak, rng: random.Random) -> None:
    """More than run() keeps."""
    word = str(rng.randrange(12))
    expect(
        soak,
        rng,
        "returned",
        guests.os.getenv,
        ("SOAK",),
        value=word,
        env={"SOAK": word},
        limits=Limits(memory=f"{rng.choice([128, 256])}M"),
    )


def closes(soak: Soak, rng: random.Random) -> None:
    """A Sandbox, while it is called."""
    sandbox = Sandbox(serializer="cloudpickle")
    sandbox.run(abs, (-1,))
    timer = threading.Timer(rng.uniform(0, 0.05), sandbox.close)
    begun = time.monotonic()
    timer.start()
    error: BaseException | None = None
    try:
        sandbox.run(guests.sleep_for_ever)
    except (BoxedError, RuntimeError) as failed:
        error = failed
    timer.join()
    if soak.is_excused(error, begun):
        return
    if isinstance(error, RuntimeError) and "closed" not in str(error):
        raise Wrong("closed", error)
    if not isinstance(error, (CallCancelled, RuntimeError)):
        raise Wrong("closed", error)
    soak.count("closed")


def forgets(soak: Soak, rng: random.Random) -> None:
    """A Sandbox that nobody has closed."""
    sandbox = Sandbox()
    if sandbox.run(abs, (-1,)) != 1:
        raise Wrong("abs")
    soak.count("forgotten")


def kills(soak: Soak, rng: random.Random) -> None:
    """Any process of any sandbox; as far as this one may."""
    chance = rng.random()
    boxes = [
        slot.box
        for table in registry.tables()
        for slot in list(table.slots.values())
        if slot.box is not None
    ]
    for box in boxes[int(chance * len(boxes)) :][:1]:
        everybody = [box.pid, *below(box.pid)]
        victim = everybody[int(chance * 1000) % len(everybody)]

        def kill(pid: int = victim) -> None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                watch = os.pidfd_open(pid)
                try:
                    # Whoever has that number now is still one of its.
                    if is_below(pid, os.getpid()):
                        signal.pidfd_send_signal(watch, signal.SIGKILL)
                finally:
                    os.close(watch)

        soak.kill(kill)
    expect(soak, rng, "returned", abs, (-2,), value=2)


def is_below(pid: int, ancestor: int) -> bool:
    while pid > 1 and pid != ancestor:
        pid = parent_of(pid)
    return pid == ancestor


def forks(soak: Soak, rng: random.Random) -> None:
    """And calls in the child, which must have none of its parent's."""
    number = rng.randrange(10**6)

    def work() -> None:
        if run(abs, (-number,)) != number:
            raise Wrong("abs in a fork")
        if rng.random() < 0.5:
            registry.close_all()

    in_child(soak, work)


def is_collected(soak: Soak, rng: random.Random) -> None:
    """A destructor calls."""
    found: list[int] = []
    number = rng.randrange(10**6)

    class Calling:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            try:
                found.append(run(abs, (-number,)))
            except BoxedError as error:
                if soak.is_excused(error, begun):
                    found.append(number)

    begun = time.monotonic()
    Calling()
    limit = time.monotonic() + PLENTY
    # Where another thread collects, this one does not, and has nothing done.
    while not found and time.monotonic() < limit:
        gc.collect()
    if found != [number]:
        raise Wrong("a destructor's call", found)
    soak.count("in a destructor")


class Interrupted(BaseException):
    pass


def is_interrupted(soak: Soak, rng: random.Random) -> None:
    """By an exception that comes up anywhere."""
    found: list[object] = []

    def work() -> None:
        try:
            while True:
                begun = time.monotonic()
                try:
                    if run(abs, (-3,)) != 3:
                        found.append("another value")
                except BoxedError as error:
                    if not soak.is_excused(error, begun):
                        found.append(error)
        except Interrupted:
            pass

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(rng.uniform(0, 0.03))
    while thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Interrupted)
        )
        thread.join(0.02)
    if found:
        raise Wrong("until an interrupt", found)
    soak.count("interrupted")


CASES = (
    maps,
    breaks_a_map_off,
    has_another_policy,
    closes,
    forgets,
    kills,
    forks,
    is_collected,
    is_interrupted,
)
__all__ = ["CASES", "ISOLATION"]
