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
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import Unpack

    from ._calls.chunks import Call
    from ._calls.request import Request
    from ._calls.terms import Terms
    from ._options import OfOneCall, Own, SandboxOptions
    from ._outcome import Outcome

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
        terms = self._terms("Sandbox.run()", options)
        request = self._request(func, args, kwargs, terms)
        from ._calls.call import call

        return call(
            self._settings.policy(func, request),
            request,
            terms=terms,
            reading=self._settings.reading(func),
            boxes=self._boxes,
        )

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
        terms = self._terms("Sandbox.call()", options)
        request = self._request(func, args, kwargs, terms)
        from ._calls.outcomes import outcome

        return outcome(self._settings, func, request, terms, self._boxes)

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
        terms = self._terms("Sandbox.run_source()", options)
        from ._source import outcome_of

        return outcome_of(
            (source, filename, argv),
            inputs,
            settings=self._settings,
            terms=terms,
            boxes=self._boxes,
        )

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
        terms = self._terms("Sandbox.map()", {"timeout": timeout})
        chunksize = checks.whole("chunksize", chunksize, 1, sys.maxsize)
        if not iterables:
            raise TypeError("map() takes at least one iterable")
        from ._calls import chunks

        return chunks.results(
            self._preparing(func, terms),
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

    def _terms(self, function: str, options: Mapping[str, Any]) -> Terms:
        self._check_usable()
        given = given_options(function, options, OF_ONE_CALL)
        return self._settings.terms.changed(given, OF_ONE_CALL)

    def _request(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        terms: Terms,
    ) -> Request:
        args, kwargs = checks.arguments(args, kwargs)
        from ._calls.request import encode

        most = terms.limits.request
        return encode(
            self._settings.serializer,
            func,
            args,
            kwargs,
            most=most,
            exposed=terms.names,
        )

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            raise RuntimeError(
                "this Sandbox is another process's; make one after the fork"
            )
        self._boxes.check_open()

    def _preparing(
        self, func: Callable[..., Any], terms: Terms
    ) -> Callable[[list[list[Any]]], Call]:
        """Makes a function that encodes a chunk, and returns its call."""
        from ._calls.call import call
        from ._calls.request import encode_columns, for_many

        settings = self._settings
        reading = settings.reading(func)
        # The function as it is sent, from the first chunk on.
        sent: list[Callable[..., Any]] = []

        def prepare(columns: list[list[Any]]) -> Call:
            self._check_usable()
            if not sent:
                sent.append(for_many(settings.serializer, func, terms.names))
            request = encode_columns(
                settings.serializer,
                sent[0],
                columns,
                most=terms.limits.request,
                exposed=terms.names,
            )
            policy = settings.policy(sent[0], request)
            return lambda on_open: call(
                policy,
                request,
                terms=terms,
                reading=reading,
                boxes=self._boxes,
                on_open=on_open,
            )

        return prepare


Sandbox.__doc__ = documented(Sandbox.__doc__, SANDBOX_OPTIONS)
for _method in (Sandbox.run, Sandbox.call, Sandbox.run_source):
    _method.__doc__ = documented(_method.__doc__, OF_ONE_CALL)
del _method
