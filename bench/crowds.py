"""Contenders that are many callers at once: factories, as in peers.py."""

from __future__ import annotations

import os
import threading
import time
from math import sqrt

clock = time.perf_counter_ns


def by_threads(callers: int, calls: int, one):
    """What each of them took, and all together, in nanoseconds."""
    taken: list[list[int]] = [[] for _ in range(callers)]
    together = threading.Barrier(callers + 1)

    def caller(number: int) -> None:
        together.wait()
        for _ in range(calls):
            start = clock()
            one(number)
            taken[number].append(clock() - start)

    crowd = [
        threading.Thread(target=caller, args=(number,))
        for number in range(callers)
    ]
    for thread in crowd:
        thread.start()
    together.wait()
    start = clock()
    for thread in crowd:
        thread.join()
    return [each for own in taken for each in own], clock() - start


def by_asyncio(callers: int, calls: int, one):
    """The same by tasks, each awaiting a thread of an executor."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    taken: list[int] = []

    async def caller(loop, pool, number: int) -> None:
        for _ in range(calls):
            start = clock()
            await loop.run_in_executor(pool, one, number)
            taken.append(clock() - start)

    async def everybody() -> int:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(callers) as pool:
            start = clock()
            await asyncio.gather(
                *(caller(loop, pool, number) for number in range(callers))
            )
            return clock() - start

    spent = asyncio.run(everybody())
    return taken, spent


WAYS = {"threads": by_threads, "asyncio": by_asyncio}


def _measured(callers: int, calls: int, one, way: str, share: bool):
    def call():
        taken, spent = WAYS[way](callers, calls, one)
        return spent // len(taken) if share else taken

    return call


def boxed_crowd(
    tier: str = "full",
    callers: int = 1,
    calls: int = 1,
    way: str = "threads",
    sandboxes: int = 0,
    share: bool = False,
):
    """Each call's time, or with `share` all callers' time for a call.

    :param sandboxes: spread over so many, in place of run()'s one.
    """
    from boxed import Sandbox, run

    if sandboxes:
        several = [Sandbox(isolation=tier) for _ in range(sandboxes)]

        def one(number: int) -> None:
            several[number % sandboxes].run(sqrt, (4,))

    else:

        def one(number: int) -> None:
            run(sqrt, (4,), isolation=tier)

    return _measured(callers, calls, one, way, share)


def process_pool_crowd(
    callers: int = 1, calls: int = 1, way: str = "threads", share: bool = False
):
    """The same of a ProcessPoolExecutor with a worker for each core."""
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(len(os.sched_getaffinity(0)))
    pool.submit(sqrt, 4).result()
    return _measured(
        callers, calls, lambda _: pool.submit(sqrt, 4).result(), way, share
    )


def boxed_sandboxes(tier: str = "full"):
    """One live sandbox more with each call, from its start to its value."""
    import resource

    from boxed import Sandbox

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    alive = []

    def call() -> None:
        alive.append(Sandbox(isolation=tier))
        alive[-1].run(sqrt, (4,))

    call.kept = alive
    return call
