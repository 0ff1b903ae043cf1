"""The public names of boxed for event loops: awaitable, and no thread waits.

>>> import asyncio
>>> from math import sqrt
>>> from boxed.asyncio import run
>>> asyncio.run(run(sqrt, (4,)))
2.0

What :mod:`boxed` says of a name holds here, with these differences.
Cancelling ends the guest at once.  A loop can have a thousand calls under
way: each takes four descriptors, and waits its turn where there are none left.
Functions that ``expose`` gives may be coroutine functions, which are awaited
in the loop; any other runs in one of the loop's threads.  What the guest
prints is written by the loop: a ``stdout`` that blocks, blocks the loop.
"""

from __future__ import annotations

import asyncio
from collections import deque

from . import _run, _source
from . import _sandbox as _in_threads
from ._calls import chunks
from ._calls.in_loop import carried_out, encoded, in_thread
from ._calls.outcomes import outcome_steps, unprepared
from ._errors import SetupError
from ._live.registry import Boxes, shared
from ._options import OWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Callable,
        Iterable,
        Mapping,
        Sequence,
    )
    from typing import Any

    from typing_extensions import Self, Unpack

    from ._calls.call import Exchange
    from ._options import (
        CallOptions,
        OfOneCall,
        Own,
        SandboxOptions,
        SourceOptions,
    )
    from ._outcome import Outcome

__all__ = ["Sandbox", "call", "run", "run_source"]


async def run(
    func: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> Any:
    """Call ``func(*args, **kwargs)`` in a sandbox and return its value, as
    :func:`boxed.run` does, with the same options and exceptions."""
    exchange = await encoded(
        lambda: _run.prepared_run(func, args, kwargs, options)
    )
    return await carried_out(exchange.steps(shared))


async def call(
    func: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> Outcome[Any]:
    """Call ``func(*args, **kwargs)`` in a sandbox and return what became of
    it, as :func:`boxed.call` does, with the same options."""
    try:
        exchange = await encoded(
            lambda: _run.prepared_call(func, args, kwargs, options)
        )
    except SetupError as error:
        return unprepared(error)
    return await _outcome(exchange, shared)


async def run_source(
    source: str | bytes,
    inputs: Mapping[str, Any] | None = None,
    *,
    filename: str = _source.NO_FILE,
    argv: Sequence[str] = (),
    **options: Unpack[SourceOptions],
) -> Outcome[Any]:
    """Run source text in a sandbox and return what became of it, as
    :func:`boxed.run_source` does, with the same options."""
    text = (source, filename, argv)
    try:
        exchange = await encoded(
            lambda: _source.prepared_source(text, inputs, options)
        )
    except SetupError as error:
        return unprepared(error)
    return await _outcome(exchange, shared)


async def _outcome(exchange: Exchange, boxes: Boxes) -> Outcome[Any]:
    made: Outcome[Any] = await carried_out(outcome_steps(exchange, boxes))
    return made


class Sandbox:
    """A sandbox for many calls with the same settings, as
    :class:`boxed.Sandbox` is, with the same options.

    >>> async def main():
    ...     async with Sandbox(timeout=5) as sandbox:
    ...         return await sandbox.run(abs, (-4,))
    >>> asyncio.run(main())
    4

    Calls of several loops may share it.
    """

    def __init__(self, **options: Unpack[SandboxOptions]) -> None:
        self._sandbox = _in_threads.Sandbox(**options)
        self._boxes = self._sandbox._boxes

    async def run(
        self,
        func: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[OfOneCall],
    ) -> Any:
        """As :meth:`boxed.Sandbox.run`."""
        exchange = await encoded(
            lambda: self._sandbox._exchange(
                "Sandbox.run()", func, args, kwargs, options
            )
        )
        return await carried_out(exchange.steps(self._boxes))

    async def call(
        self,
        func: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[OfOneCall],
    ) -> Outcome[Any]:
        """As :meth:`boxed.Sandbox.call`."""
        exchange = await encoded(
            lambda: self._sandbox._exchange(
                "Sandbox.call()", func, args, kwargs, options, measured=True
            )
        )
        return await _outcome(exchange, self._boxes)

    async def run_source(
        self,
        source: str | bytes,
        inputs: Mapping[str, Any] | None = None,
        *,
        filename: str = _source.NO_FILE,
        argv: Sequence[str] = (),
        **options: Unpack[OfOneCall],
    ) -> Outcome[Any]:
        """As :meth:`boxed.Sandbox.run_source`."""
        text = (source, filename, argv)
        exchange = await encoded(
            lambda: self._sandbox._of_source(text, inputs, options)
        )
        return await _outcome(exchange, self._boxes)

    async def map(
        self,
        func: Callable[..., Any],
        *iterables: Iterable[Any],
        chunksize: int = 1,
        timeout: float | Own | None = OWN,
    ) -> AsyncIterator[Any]:
        """Yield ``func(*row)`` for each row, in order, as
        :meth:`boxed.Sandbox.map` does.  The iterables are asked in the loop,
        and so should not wait."""
        feed = self._sandbox._feed(
            func,
            iterables,
            chunksize,
            timeout,
            make=lambda exchange, size: _Chunk(exchange, self._boxes, size),
        )
        settings = self._sandbox._settings
        flight: deque[_Chunk] = deque()
        at_most = chunks.max_in_flight()
        try:
            while True:
                feed.fill(flight, at_most)
                if not flight:
                    break
                value, size = await flight[0].value(), flight[0].size
                flight.popleft()
                feed.fill(flight, at_most)
                done, failed = chunks.split(value, size, settings)
                for one in done:
                    yield one
                if failed:
                    raise failed.pop()
            if feed.failed:
                raise feed.failed.pop()
        finally:
            for chunk in flight:
                chunk.cancel()

    async def close(self) -> None:
        """End every process of the sandbox, and wait for that.

        What is under way raises ``CallCancelled``.
        """
        loop = asyncio.get_running_loop()
        await in_thread(loop, self._sandbox.close)

    async def __aenter__(self) -> Self:
        self._sandbox._check_usable()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


class _Chunk:
    """A call in a task of its own, so that several are under way."""

    def __init__(self, exchange: Exchange, boxes: Boxes, size: int) -> None:
        self.size = size
        self._steps = exchange.steps(boxes)

    def start(self) -> None:
        self._task = asyncio.ensure_future(carried_out(self._steps))

    async def value(self) -> Any:
        return await self._task

    def cancel(self) -> None:
        self._task.cancel()
        # One that has failed by now is to be no news of the loop's.
        self._task.add_done_callback(_look_at)


def _look_at(task: asyncio.Task[Any]) -> None:
    _ = task.cancelled() or task.exception()
