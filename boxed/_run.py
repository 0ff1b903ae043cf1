"""run(): one function call in a sandbox."""

from __future__ import annotations

from ._calls.request import encode
from ._calls.timing import mark
from ._options import Options, plain_options
from ._policy import checks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from ._calls.output import Target
    from ._limits import Limits
    from ._policy.policy import StrPath

# What is not given; what is given is checked, be it empty.
_NONE = ()


def run(
    func: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    serializer: str = "pickle",
    timeout: float | None = None,
    user: str = "nobody",
    imports: Iterable[str] = _NONE,
    limits: Limits | None = None,
    isolation: str = "auto",
    path: Iterable[StrPath] | None = None,
    read: Iterable[StrPath] = _NONE,
    write: Iterable[StrPath] = _NONE,
    network: bool = False,
    env: Mapping[str, str] | None = None,
    allow: Iterable[type] = _NONE,
    allow_setstate: Iterable[type] = _NONE,
    trust_result: bool = False,
    stdout: Target = None,
    stderr: Target = None,
) -> Any:
    """Call ``func(*args, **kwargs)`` in a sandbox and return its value.

    The call runs in a fresh process that can compute, read the interpreter
    and the import path, and write a private /tmp; docs/design.rst has the
    walls.  What the function prints appears on ``sys.stdout`` and
    ``sys.stderr`` while it runs.

    >>> from math import sqrt
    >>> run(sqrt, args=(4,), serializer="json")
    2.0

    :param func: the function.  ``'pickle'`` and ``'json'`` send its name, so
        it must be importable; ``'cloudpickle'`` and ``'dill'`` send closures
        and lambdas too.
    :param args: positional arguments.
    :param kwargs: keyword arguments.
    :param serializer: ``'pickle'``, ``'json'``, ``'cloudpickle'`` or
        ``'dill'``.  The result is never read with the serializer's own
        ``loads``: a decoder builds plain data and nothing else.
    :param timeout: wall-clock seconds for the call, without the sandbox's
        set-up, and the wait for another call's descriptors where there are
        none left; None for no limit.
    :param user: the account that the guest runs as where the tier changes
        it: ``'nobody'``, or one that root permitted.
    :param imports: modules to import before any call, once for all calls.
    :param limits: what the call may use up; see :class:`Limits`.
    :param isolation: ``'auto'``, or one of the tiers ``'full'``, ``'uid'``,
        ``'rootless'`` and ``'landlock'``; the last only by name, since its
        guest has the caller's uid.
    :param path: directories and zip files that the guest imports from in
        place of the caller's own, which are whatever is on ``sys.path`` and
        no installation's; None for those.  Of either it sees modules and
        packages, and nothing beside them.
    :param read: files and directories that the guest may read besides.
    :param write: files and directories that it may change; they must exist.
    :param network: give it the caller's network, IPv4 and IPv6.
    :param env: its environment, besides PATH, HOME, TMPDIR and LANG.
    :param allow: classes of which the result may hold instances: plain
        classes, dataclasses, named tuples and enumerations, and
        ``pandas.DataFrame`` and ``pandas.Series``.
    :param allow_setstate: the same for classes with a ``__setstate__`` or
        ``__del__`` of their own, which will run on what the guest chose: with
        some classes of libraries that is as much as running its code.
    :param trust_result: read the result with the serializer's own ``loads``,
        which runs whatever code the function puts into it.
    :param stdout: where to write what the function prints: None for
        ``sys.stdout``, ``subprocess.DEVNULL`` for nowhere, or a file object.
        Text files get control characters escaped; binary files, such as
        ``io.BytesIO()``, get the bytes as they are.
    :param stderr: the same for ``sys.stderr``.

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
    if (
        type(user) is str
        and user == "nobody"
        and imports is _NONE
        and path is None
        and read is _NONE
        and write is _NONE
        and allow is _NONE
        and allow_setstate is _NONE
        and network is False
        and env is None
        and trust_result is False
        and stdout is None
        and stderr is None
    ):
        options = plain_options(serializer, limits, isolation)
    else:
        options = Options(
            serializer=serializer,
            user=user,
            imports=imports,
            limits=limits,
            isolation=isolation,
            path=path,
            read=read,
            write=write,
            network=network,
            env=env,
            allow=allow,
            allow_setstate=allow_setstate,
            trust_result=trust_result,
            stdout=stdout,
            stderr=stderr,
        )
    # Not one of the options that calls share.
    seconds = checks.seconds("timeout", timeout)
    args, kwargs = checks.arguments(args, kwargs)
    mark("check the options")
    request = encode(options.serializer, func, args, kwargs)
    from ._calls.call import call

    mark("encode function and arguments")
    return call(
        options.policy(func, request),
        request,
        timeout=seconds,
        reading=options.reading,
        streams=options.streams,
    )
