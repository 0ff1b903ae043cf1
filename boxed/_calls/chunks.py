"""map(): many calls as chunks, several in flight, results in order.

A chunk is an ordinary call, made by a thread of its own: so its deadline is
watched, and what it prints is forwarded, while the program is busy with
earlier results.  Threads see only bytes; arguments are asked for, and encoded,
in the thread that asks for results.
"""

from __future__ import annotations

import _thread
import os
import sys
from collections import deque
from itertools import islice

from .. import _boxed
from .._answers.text import printable
from .._answers.value import refusal
from .._errors import ProtocolError, RemoteError, WorkerDied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .._live.registry import Boxes
    from .call import Exchange
    from .settings import Settings

#: Chunks in flight for each processor: one runs, one is ready to.
CHUNKS_PER_CORE = 2
#: Chunks in flight on any machine; each has four descriptors here.
MAX_CHUNKS = 64


def results(feed: Feed, settings: Settings) -> Iterator[Any]:
    """The values for all rows, in their order; raises in its place what a
    row, asking for it or encoding it raised.

    :param feed: starts the chunks.
    """
    process = os.getpid()
    flight: deque[Chunk] = deque()
    at_most = max_in_flight()
    try:
        while True:
            feed.fill(flight, at_most)
            if not flight:
                break
            value, size = flight[0].value(), flight[0].size
            flight.popleft()
            # Before the program turns to these results.
            feed.fill(flight, at_most)
            done, failed = split(value, size, settings)
            yield from done
            if failed:
                raise failed.pop()
            if os.getpid() != process:
                raise RuntimeError("a forked process cannot go on with map()")
        if feed.failed:
            raise feed.failed.pop()
    finally:
        # In a forked child the threads, and what they wait for, are not
        # there; the calls are the parent's.
        if os.getpid() == process:
            _end(flight)


def max_in_flight() -> int:
    """Chunks that may be under way, or done and not taken."""
    return min(CHUNKS_PER_CORE * len(os.sched_getaffinity(0)), MAX_CHUNKS)


# An exception that is to be raised is kept in a list, and popped to be raised:
# a name for it in a frame of its own traceback would be a cycle, which keeps
# the Sandbox until it is collected.


class Feed:
    """Starts chunks for as long as there are rows.

    :param prepare: makes a call of a chunk's arguments, a list of them for
        each of the iterables.
    :param make: a chunk of a call and its number of rows, to be started.
    """

    def __init__(
        self,
        prepare: Callable[[list[list[Any]]], Exchange],
        iterables: Sequence[Iterator[Any]],
        chunksize: int,
        make: Callable[[Exchange, int], Any],
    ) -> None:
        self._prepare = prepare
        self._make = make
        # Rows of one are not made tuples only to be taken out of them.
        self._is_single = len(iterables) == 1
        self._rows = iterables[0] if self._is_single else zip(*iterables)
        self._chunksize = chunksize
        self._ended = False
        #: What ended it early; its place is after the chunks before.
        self.failed: list[Exception] = []

    def fill(self, flight: deque[Any], at_most: int) -> None:
        while len(flight) < at_most and not self._ended:
            rows = self._next_rows()
            if not rows:
                break
            try:
                exchange = self._prepare(self._columns(rows))
            except Exception as error:
                # These rows come before what ended their iterable.
                self._ended, self.failed = True, [error]
                break
            # First, so that an interrupt right after the start ends it too.
            flight.append(self._make(exchange, len(rows)))
            flight[-1].start()

    def _next_rows(self) -> list[Any]:
        rows: list[Any] = []
        try:
            # It keeps what there was before the iterator raised.
            rows.extend(islice(self._rows, self._chunksize))
        except Exception as error:
            self.failed = [error]
        self._ended = len(rows) < self._chunksize
        return rows

    def _columns(self, rows: list[Any]) -> list[list[Any]]:
        if self._is_single:
            return [rows]
        return [[row[place] for row in rows] for place in range(len(rows[0]))]


class Chunk:
    """A call in a thread.

    Not threading's, whose import a program without threads does not need;
    and not joined at exit, where a call may have no time limit.
    """

    def __init__(self, exchange: Exchange, boxes: Boxes, size: int) -> None:
        self.size = size
        self._exchange = exchange
        self._boxes = boxes
        self._thread: int | None = None
        self._cancelled = False
        self._value: Any = None
        self._failed: list[BaseException] = []
        self._ended = False
        # It opens with the thread's end, wherever an exception comes up in it.
        self._latch = _boxed.Latch(True)

    def start(self) -> None:
        _thread.start_new_thread(self._latch.run, (self._run,))

    def _run(self) -> None:
        self._thread = _thread.get_ident()
        try:
            if not self._cancelled:
                self._value = self._exchange.value(self._boxes)
            self._ended = True
        except BaseException as error:
            self._failed = [error]

    def value(self) -> Any:
        """Waits for the call; its value, or raises what it raised."""
        self._latch.wait()
        if self._failed:
            raise self._failed.pop()
        if not self._ended:
            raise WorkerDied("the thread of a chunk was ended")
        return self._value

    def cancel(self) -> None:
        """Have the worker killed, if there is or will be one."""
        self._cancelled = True
        self._exchange.cancel()

    def join(self) -> None:
        """Wait for the end of a cancelled call, and forget how it ended."""
        # One that has not begun by now does nothing.  And the collector may
        # end a generator in any thread, that of a chunk in it too.
        if self._thread not in (None, _thread.get_ident()):
            self._latch.wait()
            self._failed.clear()


def _end(flight: deque[Chunk]) -> None:
    for chunk in flight:
        chunk.cancel()
    # The interpreter's end has stopped the threads, and ended the sandbox.
    if not sys.is_finalizing():
        for chunk in flight:
            chunk.join()


def split(
    answer: Any, size: int, settings: Settings
) -> tuple[list[Any], list[Exception]]:
    """A chunk's values, and what the function raised at the next row, if it
    did; which says what only the caller knows of it.

    :param answer: what the guest sent: any value that a result can be.
    """
    if type(answer) is list and len(answer) == 2 and type(answer[0]) is list:
        done, failure = answer
        if failure is None and len(done) == size:
            return done, []
        if type(failure) is list and len(done) < size:
            error = _failure(failure, settings.serializer)
            if isinstance(error, RemoteError):
                settings.explain(error)
            return done, [error]
    return [], [_malformed()]


def _failure(texts: list[Any], serializer: str) -> Exception:
    if not all(type(text) is str for text in texts):
        return _malformed()
    shown = [printable(text) for text in texts]
    from .._answers.remote_errors import error_from_texts

    try:
        if len(shown) == 2:
            return refusal(serializer, *shown)
        return error_from_texts(shown)
    except ValueError:
        return _malformed()


def _malformed() -> ProtocolError:
    return ProtocolError("the answer is malformed: it is not a chunk's")
