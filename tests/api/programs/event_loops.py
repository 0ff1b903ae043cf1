"""boxed.asyncio, as a service uses it."""

import asyncio
import contextvars
import resource
import sys
import threading
import time
from functools import partial
from typing import Any

from harness import ISOLATION, refused

from boxed import (
    CallCancelled,
    CallTimeout,
    Limits,
    _boxed,
)
from boxed import asyncio as boxed

run: Any = partial(boxed.run, isolation=ISOLATION)
call: Any = partial(boxed.call, isolation=ISOLATION)
run_source: Any = partial(boxed.run_source, isolation=ISOLATION)
Sandbox: Any = partial(boxed.Sandbox, isolation=ISOLATION)
MANY = 300
LEFT: list[asyncio.Future[Any]] = []


def spin():
    while True:
        pass


def print_for_ever():
    while True:
        print("x" * 1000)


async def values_and_errors():
    assert await run(pow, (2, 5)) == 32
    assert await run(lambda x: x + 1, (1,)) == 2
    try:
        await run(lambda: 1 // 0)
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError
    done = await call(print, ("hi",))
    assert (done.cause, done.stdout) == ("returned", "hi\n")
    assert done.usage.measured and done.usage.peak_memory > 0
    assert (await call(spin, timeout=0.1)).cause == "timeout"
    assert (await run_source("n + 1", {"n": 1})).value == 2
    data = bytes(5 << 20)
    assert await run(lambda x: x, (data,)) == data
    for bad in ({"colour": 1}, {"timeout": -1}):
        try:
            await run(abs, (1,), **bad)
        except (TypeError, ValueError):
            continue
        raise AssertionError(bad)


async def many_at_once():
    """No thread for any of them, and each has its own answer."""
    tasks = [run(abs, (-one,)) for one in range(MANY)]
    answers = asyncio.gather(*tasks)
    most = 0
    while not answers.done():
        most = max(most, threading.active_count())
        await asyncio.sleep(0.001)
    assert answers.result() == [*range(MANY)]
    assert most <= 3, most


async def cancelling():
    """The guest ends at once, wherever the call is."""
    for function in (spin, print_for_ever):
        task = asyncio.ensure_future(
            run(function, stdout=lambda text: None, limits=Limits(output="9G"))
        )
        while _boxed.seats()[0] == 0:
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert _boxed.seats()[0] == 0
    task = asyncio.ensure_future(run(abs, (-1,)))
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    try:
        await asyncio.wait_for(run(spin), 0.1)
    except asyncio.TimeoutError:
        pass
    assert _boxed.seats()[0] == 0
    try:
        await run(spin, timeout=0.1)
    except CallTimeout:
        pass
    else:
        raise AssertionError


async def one_that_prints_keeps_no_other_waiting():
    noisy = asyncio.ensure_future(
        run(
            print_for_ever,
            stdout=lambda text: None,
            limits=Limits(output="9G"),
        )
    )
    for _ in range(5):
        assert await run(abs, (-1,)) == 1
    assert not noisy.done()
    noisy.cancel()


async def host_calls():
    """Coroutine functions run in the loop, others in threads of it."""
    here = threading.get_ident()
    colour = contextvars.ContextVar("colour", default="none")
    colour.set("red")
    begun = asyncio.Event()

    async def search(word):
        assert threading.get_ident() == here
        begun.set()
        await asyncio.sleep(0.01)
        if word == "no":
            raise KeyError(word)
        return word * 2

    def look(word):
        assert threading.get_ident() != here
        return [word, colour.get()]

    expose = {"search": search, "look": look}
    found = await asyncio.gather(
        *(run_source(f"search('{one}')", expose=expose) for one in "abc")
    )
    assert [one.value for one in found] == ["aa", "bb", "cc"]
    assert await run(eval, ("look('d')",), expose=expose) == ["d", "red"]
    missed = await run_source("search('no')", expose=expose)
    assert isinstance(missed.exception, KeyError)

    async def endless():
        begun.set()
        await asyncio.sleep(1000)

    begun.clear()
    task = asyncio.ensure_future(run(eval, ("f()",), expose={"f": endless}))
    await begun.wait()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    assert _boxed.seats()[0] == 0


async def of_a_sandbox():
    async with Sandbox(timeout=30) as sandbox:
        assert await sandbox.run(abs, (-3,)) == 3
        assert (await sandbox.call(print, (1,))).stdout == "1\n"
        assert (await sandbox.run_source("6 * 7")).value == 42
        rows = [one async for one in sandbox.map(abs, range(-9, 0))]
        assert rows == [*range(9, 0, -1)]
        rows = [one async for one in sandbox.map(abs, [-1, -2], chunksize=2)]
        assert rows == [1, 2]
        async for one in sandbox.map(lambda x: 6 // x, [1, 0]):
            assert one == 6
            break
        left = asyncio.ensure_future(sandbox.run(spin))
        while _boxed.seats()[0] == 0:
            await asyncio.sleep(0)
    try:
        await left
    except (CallCancelled, RuntimeError):
        pass
    else:
        raise AssertionError
    try:
        await sandbox.run(abs, (1,))
    except RuntimeError as error:
        assert "closed" in str(error)
    else:
        raise AssertionError


async def when_descriptors_are_short():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (120, hard))
    try:
        answers = await asyncio.gather(*(run(abs, (-1,)) for _ in range(150)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert answers == [1] * 150


async def of_this_thread():
    assert await asyncio.gather(*(run(abs, (-1,)) for _ in range(30)))


async def left_behind():
    LEFT.append(asyncio.ensure_future(run(spin)))
    while _boxed.seats()[0] == 0:
        await asyncio.sleep(0)


async def in_groups():
    """Where there are any: the failure of one cancels the others."""
    if sys.version_info < (3, 11):
        return
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(run(time.sleep, (1000,)))
            group.create_task(run(int, ("x",)))
    except Exception as errors:
        found: tuple[Exception, ...] = getattr(errors, "exceptions", ())
        assert [isinstance(one, ValueError) for one in found] == [True]
    else:
        raise AssertionError


async def in_time():
    if sys.version_info < (3, 11):
        return
    try:
        async with asyncio.timeout(0.1):
            await run(spin)
    except TimeoutError:
        return
    raise AssertionError


if __name__ == "__main__":
    for work in (
        values_and_errors,
        many_at_once,
        cancelling,
        one_that_prints_keeps_no_other_waiting,
        host_calls,
        of_a_sandbox,
        in_groups,
        in_time,
        when_descriptors_are_short,
    ):
        asyncio.run(work())
        assert _boxed.seats()[0] == 0, work
    loops = [
        threading.Thread(target=asyncio.run, args=(of_this_thread(),))
        for _ in range(4)
    ]
    for one in loops:
        one.start()
    for one in loops:
        one.join()
    asyncio.run(left_behind())
    assert _boxed.seats()[0] == 0
    refused(TypeError, boxed.Sandbox, colour=1)
