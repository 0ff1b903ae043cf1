"""run(): one function call in a sandbox."""

from __future__ import annotations

from ._calls.request import encode
from ._calls.settings import settings_for
from ._calls.timing import step_done
from ._options import OPTIONS
from ._policy import checks
from ._policy.declared import documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._options import CallOptions


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
    given = given_options("run()", options, OPTIONS)
    # Not one of the options that calls share.
    timeout = checks.seconds("timeout", given.pop("timeout", None))
    settings = settings_for(given, OPTIONS)
    args, kwargs = checks.arguments(args, kwargs)
    step_done("check the options")
    most = settings.limits.request
    request = encode(settings.serializer, func, args, kwargs, most=most)
    from ._calls.call import call

    step_done("encode function and arguments")
    return call(
        settings.policy(func, request),
        request,
        timeout=timeout,
        reading=settings.reading,
        streams=settings.streams,
    )


run.__doc__ = documented(run.__doc__, OPTIONS)
