"""The contenders.  A factory makes one call, ready to be repeated.

Loaded in the contender's own process; everything a contender needs is
imported by its factory, so that no other pays for it.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from math import sqrt

from boxed._bench import peers, sampling
from boxed._bench.calls import KINDS, PLAIN
from boxed._bench.peers import (  # noqa: F401  found by their names
    bubblewrap,
    forkserver,
    interpreter,
    loky,
    pebble_pool,
    pebble_process,
)

NOBODY = 65534


def after_a_pause(call, pause: float):
    """The call, timed by itself, each time after so many seconds."""

    def paused() -> int:
        time.sleep(pause)
        start = time.perf_counter_ns()
        call()
        return time.perf_counter_ns() - start

    return paused if pause else call


def task(result: int = 0, array: bool = False, argument: int = 0):
    """The function that is called, and its arguments.

    A large result is of zeros, which take the function next to no time.
    """
    # Not len: a number would be taken for the time that it took.
    if argument and array:
        import numpy

        return callable, (numpy.ones(argument, "u1"),)
    if argument:
        return callable, (bytes(bytearray(b"x") * argument),)
    if array:
        import numpy

        return numpy.zeros, (result, "u1")
    return (bytes, (result,)) if result else (sqrt, (4,))


def consume(results) -> None:
    """Take all results, and keep none."""
    for _ in results:
        pass


def load(heap: int = 0, threads: int = 0) -> list[object]:
    """Make the caller a big one: MiB of touched heap, idle threads."""
    import threading

    kept: list[object] = [bytearray(b"x") * (heap << 20)]
    never = threading.Event()
    for _ in range(threads):
        thread = threading.Thread(target=never.wait, daemon=True)
        thread.start()
        kept.append(thread)
    return kept


# boxed


def boxed(
    tier: str = "full",
    result: int = 0,
    array: bool = False,
    imports: tuple[str, ...] = (),
    calls: int = 0,
    heap: int = 0,
    threads: int = 0,
    paths: int = 0,
    pause: float = 0,
    per: int = 1,
    argument: int = 0,
):
    """A warm call on one tier; `per` divides what it takes."""
    from boxed import Limits, run

    sys.path += [f"/nowhere/{number}" for number in range(paths)]
    function, args = task(result, array, argument)
    limits = Limits(result=max(64 << 20, 2 * result))
    kept = load(heap, threads)

    def call() -> None:
        run(function, args, isolation=tier, imports=imports, limits=limits)

    for _ in range(calls):
        call()
    call.kept = kept
    if per > 1:
        return lambda: sampling.samples(call, 1)[0] // per
    return after_a_pause(call, pause)


def boxed_kind(tier: str = "full", kind: str = PLAIN):
    """A warm call of one of the kinds that calls are of."""
    return partial(KINDS[kind], tier)


def boxed_sandbox(tier: str = "full", preload: tuple[str, ...] = ()):
    """A warm call of a Sandbox."""
    from boxed import Sandbox

    sandbox = Sandbox(isolation=tier, preload=preload)
    return lambda: sandbox.run(sqrt, (4,))


def boxed_map(tier: str = "full", items: int = 100_000, chunksize: int = 1):
    """A map of tiny items, in a Sandbox that runs."""
    from boxed import Sandbox

    sandbox = Sandbox(isolation=tier)
    return lambda: consume(
        sandbox.map(sqrt, range(items), chunksize=chunksize)
    )


def boxed_new(tier: str = "full", heap: int = 0):
    """The first call of a policy in a program that runs already."""
    from boxed import run
    from boxed._live import registry

    kept = load(heap)

    def call() -> int:
        registry.close_all()
        start = time.perf_counter_ns()
        run(sqrt, (4,), isolation=tier)
        return time.perf_counter_ns() - start

    call.kept = kept
    return call


def boxed_saturated(tier: str = "full", calls: int = 40):
    """Nanoseconds of one core per call, with two callers on each core."""
    import threading

    from boxed import run

    cores = len(os.sched_getaffinity(0))

    def caller() -> None:
        for _ in range(calls):
            run(sqrt, (4,), isolation=tier)

    def call() -> int:
        crowd = [threading.Thread(target=caller) for _ in range(2 * cores)]
        start = time.perf_counter_ns()
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        spent = time.perf_counter_ns() - start
        return spent * cores // (calls * len(crowd))

    return call


def boxed_live(tier: str = "full", workers: int = 8, seconds: float = 3):
    """Starts calls that sleep, and leaves them alone; nobody stands by."""
    import threading

    from boxed import run
    from boxed._live import prefork

    prefork.MOST = 0

    run(sqrt, (4,), isolation=tier)

    def call() -> None:
        for _ in range(workers):
            threading.Thread(
                target=run,
                args=(time.sleep, (seconds,)),
                kwargs={"isolation": tier},
                daemon=True,
            ).start()
        time.sleep(seconds / 3)

    return call


# Worker processes that are used again, without isolation


def process_pool(
    result: int = 0,
    array: bool = False,
    heap: int = 0,
    pause: float = 0,
    argument: int = 0,
):
    call = peers.process_pool(*task(result, array, argument))
    call.kept = load(heap)
    return after_a_pause(call, pause)


def process_pool_map(items: int = 100_000, chunksize: int = 1):
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(len(os.sched_getaffinity(0)))
    return lambda: consume(pool.map(sqrt, range(items), chunksize=chunksize))


def process_pool_new(heap: int = 0):
    from concurrent.futures import ProcessPoolExecutor

    kept = load(heap)

    def call() -> int:
        start = time.perf_counter_ns()
        pool = ProcessPoolExecutor(1)
        pool.submit(sqrt, 4).result()
        spent = time.perf_counter_ns() - start
        pool.shutdown()
        return spent

    call.kept = kept
    return call


# A fresh interpreter for every call

_DESIGN_2017 = f"""
import base64, os, pickle, sys
os.setuid({NOBODY})
function, args = pickle.loads(base64.b85decode(sys.stdin.readline().strip()))
print(base64.b85encode(pickle.dumps(function(*args))).decode())
"""


def design_2017():
    """A fresh interpreter per call that gives up its uid and nothing else,
    and whose answer is unpickled as it comes."""
    import base64
    import pickle
    import subprocess

    if os.geteuid() != 0:
        raise PermissionError("needs root in place of its cap_setuid")
    request = base64.b85encode(pickle.dumps((sqrt, (4,)))) + b"\n"

    def call() -> None:
        done = subprocess.run(
            [sys.executable, "-c", _DESIGN_2017],
            input=request,
            stdout=subprocess.PIPE,
            check=True,
        )
        pickle.loads(base64.b85decode(done.stdout.strip()))

    return call
