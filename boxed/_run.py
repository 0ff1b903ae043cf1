"""run() and call(): one function call in a sandbox."""

from __future__ import annotations

from ._calls.settings import settings_for
from ._calls.terms import NAMES
from ._calls.timing import step_done
from ._errors import SetupError
from ._options import OPTIONS
from ._policy import checks
from ._policy.declared import documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from typing_extensions import Unpack

    from ._calls.call import Exchange
    from ._calls.request import Request
    from ._calls.settings import Settings
    from ._calls.terms import Terms
    from ._options import CallOptions
    from ._outcome import Outcome

    T = TypeVar("T")


def run(
    func: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> Any:
    """Call ``func(*args, **kwargs)`` in a sandbox and return its value.

    The call runs in a fresh process that can compute, read the interpreter
    and the import path, and write a private /tmp; docs/design.rst has the
    walls.  What the function prints appears on ``sys.stdout`` and
    ``sys.stderr`` while it runs.

    >>> from math import sqrt
    >>> run(sqrt, args=(4,), serializer="json")
    2.0

    :param func: the function; ``serializer`` says which can be sent.
    :param args: positional arguments.
    :param kwargs: keyword arguments.
    :options:

    :raises RemoteError: the function raised; also an instance of the same
        built-in exception.
    :raises CallTimeout: ``timeout`` passed; the worker was killed.
    :raises WorkerDied: the worker ended without an answer.
    :raises LimitExceeded: it used up one of its ``limits``.
    :raises SerializationError: function, argument or result cannot travel;
        :exc:`UnsafeResultError` for a result of a type that is not allowed.
    :raises SetupError: a wall could not be raised; nothing ran.
    :raises ProtocolError: the worker sent something that is no answer.
    :raises PermissionError: ``user`` is not permitted.
    :raises FileNotFoundError: ``path``, ``read`` or ``write`` name nothing.
    :raises TypeError: an option has a value of another type than those above.
    :raises ValueError: it has an impossible one.
    :raises ImportError: the serializer's package is not installed.
    """
    exchange = prepared_run(func, args, kwargs, options)
    from ._live.registry import shared

    return exchange.value(shared)


def prepared_run(
    func: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None,
    options: CallOptions,
) -> Exchange:
    """run(), encoded, for whatever drives it."""
    settings, request, terms = _prepared("run()", func, args, kwargs, options)
    from ._calls.call import Exchange

    return Exchange(
        settings.policy(func, request), request, terms, settings.reading(func)
    )


def _prepared(
    name: str,
    func: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None,
    options: CallOptions,
) -> tuple[Settings, Request, Terms]:
    """What a call is made of.

    :param name: the function whose options these are, for messages.
    """
    given = given_options(name, options, OPTIONS)
    # Not of the options that calls share.
    own = {one: given.pop(one) for one in NAMES if one in given}
    settings = settings_for(given, OPTIONS)
    terms = settings.terms.changed(own, OPTIONS)
    args, kwargs = checks.arguments(args, kwargs)
    step_done("check the options")
    most = terms.limits.request
    from ._calls.request import encode

    request = encode(
        settings.serializer,
        func,
        args,
        kwargs,
        most=most,
        exposed=terms.names,
    )
    step_done("encode function and arguments")
    return settings, request, terms


def call(
    func: Callable[..., T],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> Outcome[T]:
    """Call ``func(*args, **kwargs)`` in a sandbox; return what became of it.

    Whatever the function does, this raises nothing: the :class:`Outcome` has
    its value, or what :func:`run` would have raised, and why; what it printed,
    and what it used.

    >>> from math import sqrt
    >>> call(sqrt, args=(4,)).value
    2.0
    >>> call(sqrt, args=(-1,)).cause
    'raised'

    It takes what :func:`run` takes.  What the function prints is captured,
    unless ``stdout`` or ``stderr`` send it elsewhere: a text that may hold
    any character.  What the kernel has to tell of the usage it tells at
    the worker's end, for which only those wait who look at it.

    :param func: the function; ``serializer`` says which can be sent.
    :param args: positional arguments.
    :param kwargs: keyword arguments.
    :options:

    :raises: what concerns the call itself, as for :func:`run`: TypeError,
        ValueError, ImportError, PermissionError or FileNotFoundError for the
        options; SerializationError and LimitExceeded for function and
        arguments that cannot travel; OSError where the caller's own process is
        short of something.  A sandbox that cannot be set up is an outcome.
    """
    from ._calls.call import carried_out
    from ._calls.outcomes import outcome_steps, unprepared

    try:
        exchange = prepared_call(func, args, kwargs, options)
    except SetupError as error:
        return unprepared(error)
    made: Outcome[T] = carried_out(outcome_steps(exchange))
    return made


def prepared_call(
    func: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None,
    options: CallOptions,
) -> Exchange:
    """call(), encoded, for whatever drives it.

    :raises SetupError: there can be no sandbox.
    """
    settings, request, terms = _prepared("call()", func, args, kwargs, options)
    from ._calls.outcomes import exchange_of

    return exchange_of(settings, func, request, terms)


run.__doc__ = documented(run.__doc__, OPTIONS)
call.__doc__ = documented(call.__doc__, OPTIONS)
