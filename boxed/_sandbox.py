"""Sandbox: one policy, and a sandbox of its own for many calls."""

from __future__ import annotations

import os
import sys

from ._calls.settings import Settings
from ._options import OF_ONE_CALL, OWN, SANDBOX_OPTIONS
from ._policy import checks
from ._policy.declared import documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import Unpack

    from ._calls.call import Exchange
    from ._calls.chunks import Feed
    from ._calls.terms import Terms
    from ._options import OfOneCall, Own, SandboxOptions
    from ._outcome import Outcome
    from ._source import Text

    T = TypeVar("T")


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
    other's, and ends with :meth:`close` or the ``with`` block.  Functions
    that go by value have one of their own, for each set of packages that they
    refer to, and with ``serializer='pickle'`` or ``'json'`` those of
    ``__main__`` have one that has run the caller's script.

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
        **options: Unpack[OfOneCall],
    ) -> Any:
        """Call ``func(*args, **kwargs)`` in the sandbox; return its value.

        :param func: as for :func:`run`, and so ``args`` and ``kwargs``.
        :options:

        :raises RuntimeError: the Sandbox is closed, or another process's.
        :raises ValueError: a limit is wider than the Sandbox's.

        It raises what :func:`run` raises, and :exc:`CallCancelled` where
        another thread closes the Sandbox meanwhile.
        """
        exchange = self._exchange("Sandbox.run()", func, args, kwargs, options)
        return exchange.value(self._boxes)

    def call(
        self,
        func: Callable[..., T],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[OfOneCall],
    ) -> Outcome[T]:
        """Call ``func(*args, **kwargs)`` in the sandbox; return what became
        of it, as :func:`boxed.call` does.

        What the function prints is captured, unless ``stdout`` or ``stderr``
        send it elsewhere.

        :param func: as for :func:`run`, and so ``args`` and ``kwargs``.
        :options:

        :raises RuntimeError: the Sandbox is closed, or another process's.
        :raises: otherwise what :func:`boxed.call` raises.
        """
        made: Outcome[T] = self._outcome(
            self._exchange(
                "Sandbox.call()", func, args, kwargs, options, measured=True
            )
        )
        return made

    def run_source(
        self,
        source: str | bytes,
        inputs: Mapping[str, Any] | None = None,
        *,
        filename: str = "<source>",
        argv: Sequence[str] = (),
        **options: Unpack[OfOneCall],
    ) -> Outcome[Any]:
        """Run source text in the sandbox, as :func:`boxed.run_source` does.

        ``serializer`` is of no account for it.

        :param source: as there, and so ``inputs``, ``filename``, ``argv``.
        :options:

        :raises RuntimeError: the Sandbox is closed, or another process's.
        :raises: otherwise what :func:`boxed.run_source` raises.
        """
        text = (source, filename, argv)
        return self._outcome(self._of_source(text, inputs, options))

    def submit(
        self,
        func: Callable[..., T],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[OfOneCall],
    ) -> Future[T]:
        """Have ``func(*args, **kwargs)`` called in the sandbox, and do not
        wait for it.

        No thread waits for it either: one of the process has all such calls
        under way, and writes what they print.  ``cancel()`` of the future ends
        a guest that runs.

        :param func: as for :func:`run`, and so ``args`` and ``kwargs``.
        :options:

        :return: a ``concurrent.futures.Future``, whose ``result()`` is what
            :meth:`run` would return or raise.

        :raises: what :meth:`run` raises before anything runs.
        """
        from ._calls import driver
        from ._calls.future import SandboxFuture, start

        future = SandboxFuture()
        future._exchange = self._exchange(
            "Sandbox.submit()", func, args, kwargs, options
        )
        future.begin()
        driver.do(start, future, self._boxes)
        return future

    def map(
        self,
        func: Callable[..., Any],
        *iterables: Iterable[Any],
        chunksize: int = 1,
        timeout: float | Own | None = OWN,
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
        from ._calls import chunks

        boxes = self._boxes
        feed = self._feed(
            func,
            iterables,
            chunksize,
            timeout,
            make=lambda exchange, size: chunks.Chunk(exchange, boxes, size),
        )
        return chunks.results(feed, self._settings)

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

    def _terms(self, function: str, options: Mapping[str, Any]) -> Terms:
        self._check_usable()
        given = given_options(function, options, OF_ONE_CALL)
        return self._settings.terms.changed(given, OF_ONE_CALL)

    def _outcome(self, exchange: Exchange) -> Outcome[Any]:
        from ._calls.call import carried_out
        from ._calls.outcomes import outcome_steps

        made: Outcome[Any] = carried_out(outcome_steps(exchange, self._boxes))
        return made

    def _exchange(
        self,
        name: str,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        options: Mapping[str, Any],
        *,
        of: Callable[..., Any] | None = None,
        measured: bool = False,
    ) -> Exchange:
        """run() or call(), encoded, for whatever drives it.

        :param name: what the options are of, for messages.
        :param of: the function whose result it is, if that is another.
        :param measured: whether an outcome is to be made of it.
        """
        terms = self._terms(name, options)
        from ._calls.encoded import exchange

        return exchange(
            self._settings,
            func,
            checks.arguments(args, kwargs),
            terms,
            of=of,
            measured=measured,
        )

    def _of_source(
        self,
        text: Text,
        inputs: Mapping[str, Any] | None,
        options: Mapping[str, Any],
    ) -> Exchange:
        """The same of run_source()."""
        terms = self._terms("Sandbox.run_source()", options)
        from ._source import source_exchange

        return source_exchange(
            text, inputs, settings=self._settings, terms=terms
        )

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            raise RuntimeError(
                "this Sandbox is another process's; make one after the fork"
            )
        self._boxes.check_open()

    def _feed(
        self,
        func: Callable[..., Any],
        iterables: Sequence[Iterable[Any]],
        chunksize: int,
        timeout: float | Own | None,
        make: Callable[[Exchange, int], Any],
    ) -> Feed:
        """What map() takes chunks from.

        :param make: a chunk of a call and its number of rows.
        """
        terms = self._terms("Sandbox.map()", {"timeout": timeout})
        chunksize = checks.whole("chunksize", chunksize, 1, sys.maxsize)
        if not iterables:
            raise TypeError("map() takes at least one iterable")
        from ._calls.chunks import Feed

        return Feed(
            self._encoding_chunks(func, terms),
            [iter(iterable) for iterable in iterables],
            chunksize,
            make,
        )

    def _encoding_chunks(
        self,
        func: Callable[..., Any],
        terms: Terms,
        of: Callable[..., Any] | None = None,
    ) -> Callable[[list[list[Any]]], Exchange]:
        """A function that encodes a chunk, and returns its call."""
        from ._calls.encoded import encoding_chunks

        encode = encoding_chunks(self._settings, func, terms, of=of)

        def checked(columns: list[list[Any]]) -> Exchange:
            self._check_usable()
            return encode(columns)

        return checked


Sandbox.__doc__ = documented(Sandbox.__doc__, SANDBOX_OPTIONS)
for _method in (
    Sandbox.run,
    Sandbox.call,
    Sandbox.run_source,
    Sandbox.submit,
):
    _method.__doc__ = documented(_method.__doc__, OF_ONE_CALL)
del _method
