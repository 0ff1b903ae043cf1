"""How function and arguments travel in: whatever the serializer can write,
since only the sandbox reads it.  How a value comes out: _answers/value.py.
"""

from __future__ import annotations

import sys

from .._errors import LimitExceeded, SerializationError
from .._wire.payload import LARGE, Payload
from .serializers import (
    AUTO,
    BY_CLOUDPICKLE,
    BY_VALUE,
    MAIN,
    SOURCE,
    SOURCE_BY_VALUE,
    SOURCES,
    library,
    main_module,
    mentions,
    name_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    # The function, then args and kwargs, or columns.
    Content = tuple[Any, ...]
    BufferCallback = Callable[[Any], bool] | None

# Without it, dill sends a function's globals as a reference to the sandbox's
# own __main__, which has none of them.
_OPTIONS: dict[str, dict[str, bool]] = {"dill": {"recurse": True}}
# What else than the library of its name writes for a guest's codec.
_WRITTEN_BY = {
    BY_VALUE: "cloudpickle",
    SOURCE: "pickle",
    SOURCE_BY_VALUE: "cloudpickle",
}
_BY_VALUE_TOO = "serializer='auto' sends it by value"
_NONE: Mapping[int, str] = {}


class Request(Payload):
    """Function and arguments, and what a sandbox must have for them.

    :ivar codec: the serializer that reads it, or another of the guest's
        codecs.
    :ivar exposed: names of host functions by their ids: what it met of them
        it has as names.
    :ivar modules: what a function that goes by value refers to.
    """

    __slots__ = ("codec", "exposed", "modules")

    def __init__(self, codec: str, exposed: Mapping[int, str] = _NONE) -> None:
        super().__init__()
        self.codec = codec
        self.exposed = exposed
        self.modules: tuple[str, ...] = ()


class Written:
    """A function as cloudpickle wrote it, for many requests."""

    def __init__(self, stream: bytes, modules: tuple[str, ...]) -> None:
        self._stream = stream
        self.modules = modules

    def __call__(self) -> None:
        """It is read inside, where the function itself takes its place."""
        raise TypeError("a function that was written to be sent")

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        import _pickle

        return _pickle.loads, (self._stream,)


def encode(
    serializer: str,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    most: int,
    exposed: Mapping[int, str] = _NONE,
) -> Request:
    """A request for one call of the function, in a store if it is large; to
    be closed.

    :param most: bytes that it may have.
    :param exposed: names of host functions by their ids.

    :raises SerializationError: something cannot travel, and what can do it.
    :raises LimitExceeded: it is too large.
    """
    content = (function, tuple(args), dict(kwargs))
    return _encode(serializer, most, exposed, content)


def encode_columns(
    serializer: str,
    function: Callable[..., Any],
    columns: list[list[Any]],
    *,
    most: int,
    exposed: Mapping[int, str] = _NONE,
) -> Request:
    """A request for a call with each row of arguments.

    Columns, since a fresh process builds a list faster than many tuples.

    :raises SerializationError: as encode().
    """
    return _encode(serializer, most, exposed, (function, columns))


def for_many(
    serializer: str,
    function: Callable[..., Any],
    exposed: Mapping[int, str] = _NONE,
) -> Callable[..., Any]:
    """The function in a form of which many requests can be made: if it has to
    go by value, it is written here, once, as it is now.

    :raises SerializationError: as encode().
    """
    if serializer != AUTO or not callable(function):
        return function
    if by_name((function,), "pickle", exposed) is not None:
        return function
    from .by_value import modules_of

    stream = written(BY_VALUE, function, exposed, whole=True).stream()
    return Written(stream, modules_of(function, exposed))


def _encode(
    serializer: str, most: int, exposed: Mapping[int, str], content: Content
) -> Request:
    function = content[0]
    if not callable(function):
        raise SerializationError(
            f"{function!r} is not callable; boxed calls a function"
        )
    if serializer in ("pickle", "json"):
        _check_by_name(serializer, function)
    if serializer == AUTO:
        named = by_name(content, "pickle", exposed)
        request = named or _by_value(content, exposed)
    else:
        request = written(serializer, content, exposed)
    return checked(request, content, most)


def checked(request: Request, content: Content, most: int) -> Request:
    """The request, in a store if it is large.

    :raises LimitExceeded: it is too large.
    """
    size = request.size()
    if size > most:
        raise LimitExceeded(
            f"function and arguments take {size} bytes; at most {most} are"
            " sent, see Limits(request=...)",
            "request",
            most,
            size,
        )
    if size >= LARGE and not request.move_to_store() and request.buffers:
        modules = request.modules
        request = written(request.codec, content, request.exposed, whole=True)
        request.modules = modules
    return request


def by_name(
    content: Content, codec: str, exposed: Mapping[int, str]
) -> Request | None:
    """The request as pickle writes it; None where something has no name that
    the guest could import it by."""
    if type(content[0]) is Written:
        return None
    try:
        request = written(codec, content, exposed)
    except SerializationError:
        return None
    return None if mentions(MAIN, request) else request


def _by_value(content: Content, exposed: Mapping[int, str]) -> Request:
    """The same as cloudpickle writes it, which sends as code what has no such
    name."""
    from .by_value import modules_of

    request = written(BY_VALUE, content, exposed)
    function = content[0]
    known = type(function) is Written
    request.modules = (
        function.modules if known else modules_of(function, exposed)
    )
    return request


def written(
    codec: str,
    content: Any,
    exposed: Mapping[int, str],
    *,
    whole: bool = False,
) -> Request:
    """
    :param whole: whether large buffers too go into the stream.
    """
    request = Request(codec, exposed)
    _write(request, content, None if whole else request.take_buffer)
    return request


def _check_by_name(serializer: str, function: Callable[..., Any]) -> None:
    """Both send a function as its name, so it must have one to be found."""
    module, qualname = name_of(function)
    if "<" in qualname:
        raise SerializationError(
            f"{module}.{qualname} has no importable name, which"
            f" serializer={serializer!r} needs; {_BY_VALUE_TOO}"
        )
    main = sys.modules.get("__main__")
    if module == MAIN and main_module() is None and main is not None:
        raise SerializationError(
            f"{qualname} is defined in an interactive __main__, which the"
            f" sandbox cannot import; {_BY_VALUE_TOO}"
        )


def _write(
    request: Request, content: Any, buffer_callback: BufferCallback
) -> None:
    """Write the content of a request, as its codec reads it.

    :param buffer_callback: takes large buffers, which then are not in the
        stream.

    :raises SerializationError: something cannot travel, and what can do it.
    """
    one = _write_json if request.codec == "json" else _write_pickle
    one(request, content, buffer_callback)


def _resolve(module: str, qualname: str) -> object:
    found: object = sys.modules.get(module)
    for attribute in qualname.split("."):
        found = getattr(found, attribute, None)
    return found


def _write_json(
    request: Request, content: Content, buffer_callback: BufferCallback
) -> None:
    import json

    function, *rest = content
    module, qualname = name_of(function)
    if _resolve(module, qualname) is not function:
        raise SerializationError(
            f"{module}.{qualname} is not {function!r}, so"
            f" serializer='json', which sends the name, cannot send it;"
            f" {_BY_VALUE_TOO}"
        )
    named = [f"{module}:{qualname}", *rest]
    try:
        request.write(json.dumps(named, allow_nan=False).encode("ascii"))
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(
            f"an argument is not standard JSON: {error};"
            f" serializer='pickle' sends other objects"
        ) from error


def _write_pickle(
    request: Request, content: Any, buffer_callback: BufferCallback
) -> None:
    codec = request.codec
    by_value = codec in BY_CLOUDPICKLE
    written_by = library(_WRITTEN_BY.get(codec, codec))
    try:
        _dump(content, request, buffer_callback, written_by)
    except Exception as error:
        # A pickler runs the objects' own code: it can raise anything.
        reason = f"{type(error).__name__}: {error}"
        if codec in SOURCES:
            from .by_value import unsendable_input

            raise SerializationError(unsendable_input(content)) from error
        if by_value:
            from .by_value import unsendable

            one = content[0] if type(content) is tuple else content
            reason = unsendable(one) or reason
        elif codec == "pickle":
            reason += f"; {_BY_VALUE_TOO}"
        shown = AUTO if by_value else codec
        raise SerializationError(
            f"function or argument cannot be sent with"
            f" serializer={shown!r}: {reason}"
        ) from error


def _dump(
    content: Any,
    request: Request,
    buffer_callback: BufferCallback,
    written_by: Any,
) -> None:
    if request.codec in BY_CLOUDPICKLE:
        from .by_value import dump

        dump(
            content,
            request,
            buffer_callback=buffer_callback,
            exposed=request.exposed,
        )
    elif request.exposed:
        from .exposing import pickler

        one = pickler(written_by.Pickler)(
            request, 5, buffer_callback=buffer_callback
        )
        one.exposed = request.exposed
        one.dump(content)
    else:
        written_by.dump(
            content,
            request,
            5,
            buffer_callback=buffer_callback,
            **_OPTIONS.get(request.codec, {}),
        )
