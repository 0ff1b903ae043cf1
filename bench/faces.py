"""Contenders: the same call by each of the ways that a program has for it."""

from __future__ import annotations

import time
from math import sqrt


def boxed_executor(tier: str = "full", pause: float = 0):
    """A call by an executor, waited for."""
    from boxed import SandboxExecutor

    from .peers import after_a_pause

    executor = SandboxExecutor(1, isolation=tier)
    return after_a_pause(lambda: executor.submit(sqrt, 4).result(), pause)


def boxed_awaited(tier: str = "full"):
    """A call in an event loop, of which the start is not counted."""
    import asyncio

    from boxed.asyncio import run

    loop = asyncio.new_event_loop()

    async def timed() -> int:
        start = time.perf_counter_ns()
        await run(sqrt, (4,), isolation=tier)
        return time.perf_counter_ns() - start

    return lambda: loop.run_until_complete(timed())


def boxed_by_value(tier: str = "full"):
    """A call of a function that goes by value."""
    from boxed import run

    return lambda: run(lambda x: x**0.5, (4,), isolation=tier)


def boxed_source(tier: str = "full"):
    """Source text in place of a function."""
    from boxed import run_source

    return lambda: run_source("4 ** 0.5", isolation=tier)


HOST_CALLS = 50


def boxed_host_call(tier: str = "full"):
    """Nanoseconds from one host call to the next, of a guest that makes
    nothing else."""
    from boxed import run_source

    times: list[int] = []

    def look(x):
        times.append(time.perf_counter_ns())
        return x

    text = f"for i in range({HOST_CALLS}): look(i)"

    def call() -> int:
        times.clear()
        run_source(text, isolation=tier, expose={"look": look})
        return (times[-1] - times[0]) // (HOST_CALLS - 1)

    return call
