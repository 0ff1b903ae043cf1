"""SandboxExecutor: the interface of concurrent.futures over sandboxed calls.

One thread of the process has the calls of all executors under way
(_calls/driver.py).  A caller's thread encodes, and that is all it does.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from concurrent import futures
from functools import partial
from itertools import islice

from ._calls import driver
from ._calls.chunks import split
from ._calls.future import SandboxFuture, start
from ._errors import BoxedError
from ._options import SANDBOX_OPTIONS
from ._policy import checks
from ._policy.declared import documented
from ._sandbox import Sandbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from typing_extensions import ParamSpec, Unpack

    from ._calls.call import Exchange
    from ._options import SandboxOptions

    P = ParamSpec("P")
    T = TypeVar("T")

#: Those with calls that have not ended, for which the program's end waits.
_queues: weakref.WeakSet[_Queue]
_queues = weakref.WeakSet()
_exiting = threading.Event()


class _Queue:
    """The calls of one executor.

    What waits, and how many run, only the driver's thread touches.
    """

    def __init__(self, sandbox: Sandbox, most: int) -> None:
        self._sandbox = sandbox
        self._most = most
        self._running = 0
        self._waiting: deque[SandboxFuture] = deque()
        # The collector may end an executor wherever a thread holds it.
        self._lock = threading.RLock()
        self._unfinished: set[SandboxFuture] = set()
        self._closing = False
        self.ended = threading.Event()

    def announce(self, future: SandboxFuture) -> None:
        """A call will come.

        :raises RuntimeError: none is taken any more.
        """
        with self._lock:
            if self._closing or _exiting.is_set():
                when = "shutdown" if self._closing else "interpreter shutdown"
                raise RuntimeError(f"cannot schedule new futures after {when}")
            self._unfinished.add(future)

    def put(self, future: SandboxFuture) -> None:
        """It is here; in the driver's thread."""
        self._waiting.append(future)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._running < self._most:
            future = self._waiting.popleft()
            if future.begin():
                self._running += 1
                start(
                    future, self._sandbox._boxes, partial(self._done, future)
                )
            else:
                self.forget(future)

    def _done(self, future: SandboxFuture) -> None:
        self._running -= 1
        self._go_on()
        self.forget(future)

    def forget(self, future: SandboxFuture) -> None:
        """It has ended, or never came."""
        with self._lock:
            self._unfinished.discard(future)
            is_last = self._closing and not self._unfinished
        if is_last:
            self._end()

    def close(self, *, cancel: bool = False) -> None:
        """Take no more; what has not begun is cancelled if so wanted."""
        with self._lock:
            first, self._closing = not self._closing, True
            left = list(self._unfinished)
        if cancel:
            for future in left:
                if not future.running():
                    future.cancel()
        if first and not left:
            self._end()

    def _end(self) -> None:
        """Nothing is left to do: end the sandbox, in a thread that may
        wait."""
        threading.Thread(target=self._close, name="boxed closing").start()

    def _close(self) -> None:
        try:
            self._sandbox.close()
        finally:
            self.ended.set()


class SandboxExecutor(futures.Executor):
    """An executor each of whose calls has a fresh sandboxed process.

    >>> with SandboxExecutor(timeout=5) as executor:
    ...     executor.submit(pow, 2, 10).result()
    1024

    It is one of ``concurrent.futures``, with these differences.  A call
    that dies, runs out of time or is cancelled fails by itself: no other
    future is touched, and the executor goes on.  A future can be cancelled
    while its call runs, which ends its guest.  No function finds what another
    has left behind.

    :param max_workers: calls that run at once; None for as many as there are
        processors.
    :param initializer: is called in each call's process, before the call.  If
        it raises, so does the call.
    :param initargs: its arguments.
    :options:

    :raises ValueError: ``max_workers`` is not above 0.
    :raises: otherwise what :class:`Sandbox` raises for its options.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        initializer: Callable[..., object] | None = None,
        initargs: Sequence[Any] = (),
        **options: Unpack[SandboxOptions],
    ) -> None:
        if max_workers is None:
            max_workers = len(os.sched_getaffinity(0))
        elif type(max_workers) is int and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        most = checks.whole("max_workers", max_workers, 1, 1 << 20)
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        # What each call's process begins with.
        self._first: Callable[..., Any] | None = None
        if initializer is not None:
            self._first = partial(_initialized(), initializer, tuple(initargs))
        self._sandbox = Sandbox(**options)
        self._queue = _Queue(self._sandbox, most)
        _queues.add(self._queue)
        # Dropped, it takes no more; what was submitted goes on.
        weakref.finalize(self, self._queue.close).atexit = False

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> futures.Future[T]:
        """Have ``fn(*args, **kwargs)`` called in a sandbox.

        :return: a ``concurrent.futures.Future``, whose ``result()`` is what
            :func:`run` would return or raise.

        :raises RuntimeError: the executor was shut down, or is another
            process's.
        """
        sandbox = self._sandbox
        return self._begun(
            lambda: sandbox._exchange(
                "submit()", self._prepared(fn), args, kwargs, {}, of=fn
            )
        )

    def _begun(self, encode: Callable[[], Exchange]) -> SandboxFuture:
        if os.getpid() != self._sandbox._process:
            self._sandbox._check_usable()
        queue, future = self._queue, SandboxFuture()
        queue.announce(future)
        try:
            future._exchange = encode()
        except BoxedError as error:
            # As of a pool, whose pickler is another thread's.
            future.finish(None, error)
            queue.forget(future)
        except BaseException:
            queue.forget(future)
            raise
        else:
            driver.do(queue.put, future)
        return future

    def _prepared(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        return fn if self._first is None else partial(self._first, fn)

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """Yield what ``fn`` returns for each row of ``zip(*iterables)``, in
        order.

        :param timeout: seconds from this call on, after which no result is
            waited for.
        :param chunksize: rows for each call, which run one after another in
            its process; where one raises, those after it in the chunk do not
            run.
        :param buffersize: calls under way, or done and not taken, at most:
            the iterables are read as results are taken.  None to read them,
            and submit all, at once.

        :raises TimeoutError: ``timeout`` passed.
        :raises: in its place, what :func:`run` would raise.
        """
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        if buffersize is not None and type(buffersize) is not int:
            raise TypeError("buffersize must be an integer or None")
        if buffersize is not None and buffersize < 1:
            raise ValueError("buffersize must be None or > 0")
        end = None if timeout is None else time.monotonic() + timeout
        begun = self._chunks(fn, zip(*iterables), chunksize)
        flight = deque(islice(begun, buffersize))
        return self._results(flight, begun, end)

    def _chunks(
        self, fn: Callable[..., Any], rows: Iterator[Any], chunksize: int
    ) -> Iterator[tuple[SandboxFuture, int]]:
        """Submit chunk after chunk, each as it is asked for: its future, and
        how many rows it is; of a row by itself 0."""
        if chunksize == 1:
            for row in rows:
                yield self.submit(fn, *row), 0  # type: ignore[misc]
            return
        encode = self._sandbox._encoding_chunks(
            self._prepared(fn), self._sandbox._settings.terms, of=fn
        )
        while True:
            some = list(islice(rows, chunksize))
            if not some:
                return
            columns = [list(column) for column in zip(*some)]
            yield self._begun(partial(encode, columns)), len(some)

    def _results(
        self,
        flight: deque[tuple[SandboxFuture, int]],
        begun: Iterator[tuple[SandboxFuture, int]],
        end: float | None,
    ) -> Iterator[Any]:
        settings = self._sandbox._settings
        try:
            while flight:
                future, size = flight.popleft()
                # Only there, so that nothing here refers to what was yielded.
                came = [_waited_for(future, end)]
                del future
                flight.extend(islice(begun, 1))
                if size == 0:
                    yield came.pop()
                    continue
                done, failed = split(came.pop(), size, settings)
                done.reverse()
                while done:
                    yield done.pop()
                if failed:
                    raise failed.pop()
        finally:
            for future, _ in flight:
                future.cancel()

    def shutdown(
        self, wait: bool = True, *, cancel_futures: bool = False
    ) -> None:
        """Take no more calls, and end the sandbox after the last one.

        :param wait: whether to wait for that.
        :param cancel_futures: whether to cancel calls that have not begun.
        """
        self._queue.close(cancel=cancel_futures)
        if wait:
            self._queue.ended.wait()


def _waited_for(future: SandboxFuture, end: float | None) -> Any:
    """
    :param end: when no more is waited, by the monotonic clock.
    """
    left = None if end is None else max(end - time.monotonic(), 0)
    try:
        return future.result(left)
    except BaseException:
        future.cancel()
        raise


_INITIALIZED = """\
DONE = []
def initialized(initializer, initargs, function, /, *args, **kwargs):
    if not DONE:
        DONE.append(initializer(*initargs))
    return function(*args, **kwargs)
"""


def _initialized() -> Callable[..., Any]:
    """A function that goes by value, as one of no module does: the guest
    cannot import this one."""
    names: dict[str, Any] = {"__name__": "builtins"}
    # The file's name is one of which tracebacks leave out the lines.
    exec(compile(_INITIALIZED, "<boxed>", "exec"), names)
    made: Callable[..., Any] = names["initialized"]
    return made


def _await_all() -> None:
    """The program ends: what was submitted is finished first, as of other
    executors."""
    _exiting.set()
    for queue in list(_queues):
        queue.close()
    for queue in list(_queues):
        queue.ended.wait()


def _forget() -> None:
    _queues.clear()
    _exiting.clear()


# The executors of concurrent.futures rely on it too: while it runs, threads
# can still start.
threading._register_atexit(_await_all)  # type: ignore[attr-defined]
os.register_at_fork(after_in_child=_forget)

SandboxExecutor.__doc__ = documented(SandboxExecutor.__doc__, SANDBOX_OPTIONS)
