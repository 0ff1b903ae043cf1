"""Sandbox: one policy, and a sandbox of its own for many calls."""

from __future__ import annotations

import os
import sys

from ._calls.request import encode, encode_columns
from ._calls.settings import Settings
from ._options import SANDBOX_OPTIONS
from ._policy import checks
from ._policy.declared import documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import Unpack

    from ._calls.chunks import Call
    from ._options import SandboxOptions
    from ._outcome import Outcome

    T = TypeVar("T")


class _Own:
    """Stands for the option that the Sandbox was made with."""

    def __repr__(self) -> str:
        return "<the Sandbox's>"


_OWN = _Own()


class Sandbox:
    """A sandbox for many calls with the same settings.

    >>> from math import sqrt
    >>> with Sandbox(preload=["numpy"], timeout=5) as sandbox:
    ...     sandbox.run(sqrt, (4,))
    ...     list(sandbox.map(sqrt, [1, 4, 9]))
    2.0
    [1.0, 2.0, 3.0]

    Each call runs in a fresh process, as with :func:`run`, whose options
    these are.  They are checked here, once, and stay: the import path too is
    that of this moment.  The sandbox is started by the first call, is no
    other's, and ends with :meth:`close` or the ``with`` block.  A function of
    ``__main__`` needs a sandbox that has run the caller's script: it is a
    second one, which the first such call starts.

    Threads may share a Sandbox.  A forked process cannot use its copy, and
    must make its own.  One that is left open is closed when it is collected
    or the program ends, with a ``ResourceWarning``.

    :options:

    :raises: what :func:`run` raises for an option's impossible value; for a
        wall that could not be raised, the call does.
    """

    def __init__(self, **options: Unpack[SandboxOptions]) -> None:
        given = given_options("Sandbox()", options, SANDBOX_OPTIONS)
        self._settings = Settings(given, SANDBOX_OPTIONS)
        from ._live.registry import Boxes

        self._process = os.getpid()
        self._boxes = Boxes("Sandbox")

    def run(
        self,
        func: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        timeout: float | _Own | None = _OWN,
    ) -> Any:
        """Call ``func(*args, **kwargs)`` in the sandbox; return its value.

        :param func: as for :func:`run`, and so ``args`` and ``kwargs``.
        :param timeout: wall-clock seconds for the call, None for no limit.

        :raises RuntimeError: the Sandbox is closed, or another process's.

        It raises what :func:`run` raises, and :exc:`CallCancelled` where
        another thread closes the Sandbox meanwhile.
        """
        seconds = self._checked(timeout)
        settings = self._settings
        args, kwargs = checks.arguments(args, kwargs)
        most = settings.limits.request
        request = encode(settings.serializer, func, args, kwargs, most=most)
        from ._calls.call import call

        return call(
            settings.policy(func, request),
            request,
            timeout=seconds,
            reading=settings.reading,
            streams=settings.streams,
            boxes=self._boxes,
        )

    def call(
        self,
        func: Callable[..., T],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        timeout: float | _Own | None = _OWN,
    ) -> Outcome[T]:
        """Call ``func(*args, **kwargs)`` in the sandbox; return what became
        of it, as :func:`boxed.call` does.

        What the function prints is captured, unless the Sandbox was made with
        ``stdout`` or ``stderr``.

        :param func: as for :func:`run`, and so ``args`` and ``kwargs``.
        :param timeout: wall-clock seconds for the call, None for no limit.

        :raises RuntimeError: the Sandbox is closed, or another process's.
        :raises: otherwise what :func:`boxed.call` raises.
        """
        seconds = self._checked(timeout)
        settings = self._settings
        args, kwargs = checks.arguments(args, kwargs)
        most = settings.limits.request
        request = encode(settings.serializer, func, args, kwargs, most=most)
        from ._calls.outcomes import outcome

        return outcome(settings, func, request, seconds, self._boxes)

    def map(
        self,
        func: Callable[..., Any],
        *iterables: Iterable[Any],
        chunksize: int = 1,
        timeout: float | _Own | None = _OWN,
    ) -> Iterator[Any]:
        """Yield ``func(*row)`` for each row of ``zip(*iterables)``, in order.

        Rows are put together in chunks.  Each chunk is a call, in a fresh
        process: its rows run there one after another, can see what the ones
        before changed, and share ``limits`` and ``timeout``.

        Nothing happens before the first result is asked for.  Then a few
        chunks for each processor are in flight ahead of the results that
        were taken, so the iterables may be endless.  Closing the generator
        ends what is in flight, and waits for that.

        :param func: as for :func:`run`.
        :param chunksize: rows for each call; the last one may have fewer.
        :param timeout: wall-clock seconds for each chunk, None for no limit.

        :raises ValueError: ``chunksize`` or ``timeout`` is impossible.
        :raises TypeError: it is no number, or there are no iterables.
        :raises RuntimeError: the Sandbox is closed, or another process's.

        What the function raised for a row, or an iterable, is raised in its
        place, after the results before it, and ends the generator.  What
        concerns a chunk as a whole, as ``CallTimeout``, ``WorkerDied``,
        ``LimitExceeded`` or ``UnsafeResultError``, is raised in the place of
        its first row.
        """
        seconds = self._checked(timeout)
        chunksize = checks.whole("chunksize", chunksize, 1, sys.maxsize)
        if not iterables:
            raise TypeError("map() takes at least one iterable")
        from ._calls import chunks

        return chunks.results(
            self._preparing(func, seconds),
            [iter(iterable) for iterable in iterables],
            chunksize=chunksize,
            serializer=self._settings.serializer,
            explain=self._settings.explain,
        )

    def close(self) -> None:
        """End every process of the sandbox, and wait for that.

        A call that another thread is making raises ``CallCancelled``.  In a
        forked process it does nothing.  Closing again is no error.
        """
        if os.getpid() == self._process:
            self._boxes.close()

    def __enter__(self) -> Sandbox:
        self._check_usable()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        # The copy would end the sandbox that it shares.
        raise TypeError("a Sandbox cannot be copied or pickled; make another")

    def __del__(self) -> None:
        # Not there where the options were refused.
        boxes = getattr(self, "_boxes", None)
        if boxes is not None and os.getpid() == self._process:
            boxes.abandon()

    def _checked(self, timeout: float | _Own | None) -> float | None:
        self._check_usable()
        if isinstance(timeout, _Own):
            return self._settings.timeout
        return checks.seconds("timeout", timeout)

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            raise RuntimeError(
                "this Sandbox is another process's; make one after the fork"
            )
        self._boxes.check_open()

    def _preparing(
        self, func: Callable[..., Any], seconds: float | None
    ) -> Callable[[list[list[Any]]], Call]:
        """Makes a function that encodes a chunk, and returns its call."""
        from ._calls.call import call

        settings = self._settings

        def prepare(columns: list[list[Any]]) -> Call:
            self._check_usable()
            request = encode_columns(
                settings.serializer,
                func,
                columns,
                most=settings.limits.request,
            )
            policy = settings.policy(func, request)
            return lambda on_open: call(
                policy,
                request,
                timeout=seconds,
                reading=settings.reading,
                streams=settings.streams,
                boxes=self._boxes,
                on_open=on_open,
            )

        return prepare


Sandbox.__doc__ = documented(Sandbox.__doc__, SANDBOX_OPTIONS)
