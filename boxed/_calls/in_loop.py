"""Calls in an event loop: how a coroutine waits for what a call waits for.

No thread waits for a call: the loop watches its descriptors.  Only a sandbox
that has to be started, and functions of the caller's that are no coroutines,
run in the loop's threads.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections import deque
from weakref import WeakKeyDictionary

from .. import _boxed
from .._live import admission
from .attempt import End, Event, HostAnswer, Room
from .call import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from .._live.box import Box
    from .attempt import Steps
    from .call import Exchange

_SECOND = 1_000_000_000
#: Seconds of a timer that a loop takes; a wait that is longer begins again.
_LONGEST = 86_400
#: Events of one call that a loop takes one after another, before others have
#: their turn: of a guest that never stops printing there is no end.
_AT_ONCE = 32


async def carried_out(steps: Steps) -> Any:
    """The value of a call.  Who cancels this ends the call's worker."""
    watch = _Watch()
    came: Any = None
    # As in call.carried_out().
    raised: list[BaseException] = []
    try:
        while True:
            wait = steps.throw(raised.pop()) if raised else steps.send(came)
            try:
                came = await _WAYS[type(wait)](wait, watch)
            except BaseException as error:
                raised.append(error)
    except StopIteration as done:
        return done.value
    finally:
        steps.close()
        _of_loop(watch.loop).call_next()


class _Watch:
    """What a loop watches for one call, and only while the call waits: what
    becomes of its descriptors, and when they are closed, is its own affair."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.busy = 0

    async def until(self, event: tuple[Any, ...]) -> None:
        """Until a step of the call would come to something.

        :param event: what the last one did come to, which is what to watch.
        """
        _, deadline, sources = event
        loop, woken = self.loop, self.loop.create_future()
        left = (deadline - time.monotonic_ns()) / _SECOND
        timer = loop.call_later(min(max(left, 0), _LONGEST), _wake, woken)
        try:
            for fd, events in sources:
                loop.add_reader(fd, _wake, woken)
                if events & select.POLLOUT:
                    loop.add_writer(fd, _wake, woken)
            await woken
        finally:
            timer.cancel()
            if not loop.is_closed():
                for fd, events in sources:
                    loop.remove_reader(fd)
                    if events & select.POLLOUT:
                        loop.remove_writer(fd)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


async def _event(wait: Event, watch: _Watch) -> tuple[int, int, Any]:
    while True:
        event = wait.live.step(wait.deadline)
        if event[0] != _boxed.CALL_WAITING:
            watch.busy += 1
            if watch.busy >= _AT_ONCE:
                watch.busy = 0
                await asyncio.sleep(0)
            return event
        watch.busy = 0
        await watch.until(event)


async def _end(wait: End, watch: _Watch) -> int:
    while True:
        event = wait.live.step_end(wait.deadline)
        if event[0] != _boxed.CALL_WAITING:
            return event[0]
        await watch.until(event)


async def _host_answer(wait: HostAnswer, watch: _Watch) -> bytes:
    """A coroutine function is awaited here; any other is called in one of the
    loop's threads, since it may wait."""
    one = wait.one
    if one.refused is None and asyncio.iscoroutinefunction(one.function):
        return await one.awaited(one.function(*one.args, **one.kwargs))
    told: bytes = await in_thread(watch.loop, one.made)
    return told


async def in_thread(
    loop: asyncio.AbstractEventLoop, function: Callable[[], Any]
) -> Any:
    import contextvars

    context = contextvars.copy_context()
    return await loop.run_in_executor(None, context.run, function)


class _Loop:
    """What the calls of one loop have in common."""

    def __init__(self) -> None:
        self.starting: dict[Any, asyncio.Future[Any]] = {}
        self.in_line: deque[asyncio.Future[None]] = deque()

    def call_next(self) -> None:
        """A call has ended: the one that has waited longest may try."""
        while self.in_line:
            first = self.in_line.popleft()
            if not first.done():
                first.set_result(None)
                return


_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Loop]
_loops = WeakKeyDictionary()


def _of_loop(loop: asyncio.AbstractEventLoop) -> _Loop:
    found = _loops.get(loop)
    return found if found is not None else _loops.setdefault(loop, _Loop())


async def _room(wait: Room, watch: _Watch) -> bool:
    # It counts no more, and does not wait.  That all others are this thread's
    # means nothing here: they go on.
    if not wait.seat.wait(0) and _boxed.seats()[0] == 0:
        return False
    await _turn(watch.loop, wait.seconds)
    return True


async def _turn(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """In line for the end of another call, for so many seconds at most."""
    ours = _of_loop(loop)
    turn: asyncio.Future[None] = loop.create_future()
    ours.in_line.append(turn)
    try:
        await asyncio.wait([turn], timeout=seconds)
    except asyncio.CancelledError:
        if turn.done():
            # It was its turn, which another one may have.
            ours.call_next()
        raise
    finally:
        turn.cancel()


async def encoded(make: Callable[[], Exchange]) -> Exchange:
    """What is to be made of a call's arguments, which takes a descriptor: as
    soon as there is one.

    :raises OSError: there is none, and no other call whose end could make
        some, or none has ended for admission.PATIENCE seconds.
    """
    loop = asyncio.get_running_loop()
    started = 0
    while True:
        failed: list[OSError] = []
        try:
            return make()
        except OSError as error:
            if error.errno not in admission.SHORTAGES:
                raise
            failed.append(error)
        started = started or time.monotonic_ns()
        held, _, ended = _boxed.seats()
        since = time.monotonic_ns() - max(started, ended)
        if held == 0 or since > admission.PATIENCE * _SECOND:
            raise failed.pop()
        await _turn(loop, admission.RETRY)


async def _start(wait: Start, watch: _Watch) -> Box:
    """One that starts is waited for by all that need it; the first starts
    it."""
    starting = _of_loop(watch.loop).starting
    key = (wait.boxes, wait.policy)
    while True:
        box = wait.boxes.live(wait.policy)
        if box is not None:
            return box
        other = starting.get(key)
        if other is None:
            break
        await asyncio.wait([other])
    starting[key] = work = asyncio.ensure_future(
        in_thread(watch.loop, wait.block)
    )

    def done(work: asyncio.Future[Any]) -> None:
        del starting[key]
        # It was looked at, if nobody waits for it any more.
        _ = work.cancelled() or work.exception()

    work.add_done_callback(done)
    # Others may wait for it when this call has been cancelled.
    return await asyncio.shield(work)


_WAYS: dict[type, Callable[[Any, _Watch], Awaitable[Any]]] = {
    Start: _start,
    Room: _room,
    Event: _event,
    End: _end,
    HostAnswer: _host_answer,
}
