"""Host calls: functions of the caller's that a guest may call by name.

What the guest sends is never trusted, whatever the call's result is: the
decoder builds plain data of it, within bounds.  What goes back is checked to
be plain data too, so that nothing of the caller's goes with it.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from .._answers.value import Reading, decode
from .._errors import (
    LimitExceeded,
    ProtocolError,
    SerializationError,
    UnsafeResultError,
)
from .._policy.checks import impossible, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from .._limits import Limits

#: Characters of an exception that are told to a guest, of each of its args.
MOST_TOLD = 1000
_PLAIN = Reading(serializer="pickle")


def checked_functions(
    option: str, value: Any
) -> dict[str, Callable[..., Any]]:
    """What ``expose`` gives.

    :raises TypeError: it is no dict of functions by their names.
    :raises ValueError: a guest cannot have one of that name.
    """
    if not isinstance(value, Mapping):
        raise wrong_type(option, "a dict of functions by their names", value)
    for name, function in value.items():
        if not isinstance(name, str):
            raise wrong_type(option, "names as its keys", name)
        if not callable(function):
            raise wrong_type(option, f"a function as {name!r}", function)
        if not _is_free(name):
            raise impossible(
                option, "names that are no keywords and no builtins", name
            )
    return {str.__str__(name): one for name, one in value.items()}


def _is_free(name: str) -> bool:
    from keyword import iskeyword

    own = name.startswith("__") or hasattr(builtins, name)
    return name.isidentifier() and not iskeyword(name) and not own


class HostFunctions:
    """The functions that a call exposes.

    :param functions: by the names that the guest has for them.
    :param reading: how their arguments are read.
    """

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]], reading: Reading
    ) -> None:
        self.functions = dict(functions)
        self.reading = reading
        #: By identity: each is sent as its name, wherever it is met.
        self.names = {id(one): name for name, one in self.functions.items()}


class HostCalls:
    """Those of one call.

    :ivar most: bytes of one that is taken in.
    """

    def __init__(self, exposed: HostFunctions, limits: Limits) -> None:
        self._exposed = exposed
        self._limits = limits
        self._count = 0
        self._bytes = 0
        self.most = limits.host_bytes

    def taken(self, body: bytes | int, deadline: float | None) -> HostCall:
        """The host call that a guest asks for.

        :param body: only its size where that alone is too much.
        :param deadline: seconds of the monotonic clock, for reading it.

        :raises LimitExceeded: there were too many, or too much in them.
        :raises ProtocolError: it is none.
        :raises DecodingTimeout: the deadline passed meanwhile.
        """
        self._count += 1
        self._bytes += body if isinstance(body, int) else len(body)
        for name, used in (
            ("host_calls", self._count),
            ("host_bytes", self._bytes),
        ):
            most = getattr(self._limits, name)
            if used > most:
                raise LimitExceeded(
                    f"the guest's host calls have come to {used}; see"
                    f" Limits({name}=...)",
                    name,
                    most,
                    used,
                )
        assert not isinstance(body, int)
        return self._decoded(body, deadline)

    def _decoded(self, body: bytes, deadline: float | None) -> HostCall:
        reading = self._exposed.reading.within(self._limits.memory)
        try:
            asked = decode("pickle", body, reading, deadline=deadline)
        except UnsafeResultError as error:
            name = error.type_name or "value"
            return HostCall.failed(
                TypeError(f"a {name} cannot be given to a host function")
            )
        except SerializationError as error:
            why = str(error).rpartition("result refused ")[2]
            return HostCall.failed(
                ValueError(f"what a host function was given is refused {why}")
            )
        if type(asked) is not tuple or len(asked) != 3:
            raise ProtocolError("a host call is malformed")
        name, args, kwargs = asked
        if (type(name), type(args), type(kwargs)) != (str, tuple, dict) or any(
            type(key) is not str for key in kwargs
        ):
            raise ProtocolError("a host call is malformed")
        function = self._exposed.functions.get(name)
        if function is None:
            return HostCall.failed(
                NameError(f"no host function {name[:99]!r}")
            )
        return HostCall(name, function, args, kwargs)


class HostCall:
    """One host call: to be made, then told of.

    :ivar refused: why it cannot be made, as the guest is told it.
    """

    refused: Exception | None = None

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.name = name
        self.function = function
        self.args = args
        self.kwargs = kwargs

    @classmethod
    def failed(cls, why: Exception) -> HostCall:
        made = cls("", _nothing, (), {})
        made.refused = why
        return made

    def made(self) -> bytes:
        """Make it here and now; what the guest is told."""
        if self.refused is not None:
            return raised(self.refused)
        try:
            value = self.function(*self.args, **self.kwargs)
        except Exception as error:
            return raised(error)
        if hasattr(value, "__await__"):
            getattr(value, "close", _nothing)()
            raise TypeError(
                f"the host function {self.name!r} is asynchronous; those of"
                " boxed.asyncio await it"
            )
        return self.returned(value)

    async def awaited(self, value: Awaitable[Any]) -> bytes:
        """What the guest is told of what is yet to come."""
        try:
            came = await value
        except Exception as error:
            return raised(error)
        return self.returned(came)

    def returned(self, value: Any) -> bytes:
        """What the guest is told of a value.

        :raises SerializationError: it is no plain data.
        """
        import _pickle

        try:
            told = _pickle.dumps(("", value), 5)
            # Also refuses what would be the caller's own code inside.
            decode("pickle", told, _PLAIN)
        except Exception as error:
            kind = getattr(error, "type_name", None) or type(value).__name__
            raise SerializationError(
                f"the host function {self.name!r} returned a {kind}; a guest"
                " is given plain data alone"
            ) from error
        return told


def _nothing() -> None:
    pass


def raised(error: Exception) -> bytes:
    """What the guest is told of an exception: the nearest built-in class and
    plain args.  The traceback shows the caller's code, and stays here."""
    import _pickle

    kind = next(
        one
        for one in type(error).__mro__
        if vars(builtins).get(one.__name__) is one
    )
    args = tuple(_told(one) for one in error.args)
    if kind is not type(error):
        args = (f"{type(error).__name__}: {_told(error)}",)
    try:
        kind(*args)
    except Exception:
        # It takes others, as UnicodeError's do.
        kind, args = Exception, (f"{kind.__name__}: {_told(error)}",)
    return _pickle.dumps((kind.__name__, args), 5)


def _told(one: object) -> Any:
    if one is None or type(one) in (bool, float):
        return one
    if type(one) is int and one.bit_length() <= 64:
        return one
    try:
        return str(one)[:MOST_TOLD]
    except Exception:
        return f"<unprintable {type(one).__name__}>"
