"""How function and arguments travel in: whatever the serializer can write,
since only the sandbox reads it.  How a value comes out: _answers/value.py.
"""

from __future__ import annotations

import sys

from .._errors import LimitExceeded, SerializationError
from .._policy import installation
from .._policy.checks import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .._wire.payload import Payload

    BufferCallback = Callable[[Any], bool] | None
    # The function, then args and kwargs, or columns.
    Request = tuple[Any, ...]

NAMES = ("pickle", "json", "cloudpickle", "dill")
_EXTRAS = {"cloudpickle": "cloudpickle", "dill": "dill"}
# Without it, dill sends a function's globals as a reference to the sandbox's
# own __main__, which has none of them.
_OPTIONS: dict[str, dict[str, bool]] = {
    "pickle": {},
    "cloudpickle": {},
    "dill": {"recurse": True},
}
_FRAME_MOST = 256 << 10
_BY_VALUE = "serializer='cloudpickle' or 'dill' sends it by value"


def checked_name(serializer: str) -> str:
    """The serializer of that name.

    :raises ValueError: there is none.
    :raises ImportError: its package is not installed.
    """
    name = word("serializer", serializer, NAMES)
    if name in _EXTRAS:
        _library(name)
    return name


def _library(serializer: str) -> Any:
    try:
        return __import__(serializer)
    except ImportError as error:
        extra = _EXTRAS.get(serializer, serializer)
        from .._policy.advice import advice

        raise ImportError(
            f"serializer={serializer!r} needs a package that is not"
            f" installed; {advice('extra', extra=extra)}"
        ) from error


def encode(
    serializer: str,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    most: int,
) -> Payload:
    """A request for one call of the function, in a store if it is large; to
    be closed.

    :param most: bytes that it may have.

    :raises SerializationError: something cannot travel, and what can do it.
    :raises LimitExceeded: it is too large.
    """
    return _encode(serializer, most, function, tuple(args), dict(kwargs))


def encode_columns(
    serializer: str,
    function: Callable[..., Any],
    columns: list[list[Any]],
    *,
    most: int,
) -> Payload:
    """A request for a call with each row of arguments.

    Columns, since a fresh process builds a list faster than many tuples.

    :raises SerializationError: as encode().
    """
    return _encode(serializer, most, function, columns)


def _encode(
    serializer: str, most: int, function: Callable[..., Any], *content: Any
) -> Payload:
    if not callable(function):
        raise SerializationError(
            f"{function!r} is not callable; boxed calls a function"
        )
    if serializer in ("pickle", "json"):
        _check_by_name(serializer, function)
    from .._wire.payload import LARGE, Payload

    write = _write_json if serializer == "json" else _write_pickle
    request = (function, *content)
    payload = Payload()
    write(payload, payload.take_buffer, serializer, request)
    size = payload.size()
    if size > most:
        raise LimitExceeded(
            f"function and arguments take {size} bytes; at most {most} are"
            " sent, see Limits(request=...)",
            "request",
            most,
            size,
        )
    if size >= LARGE and not payload.move_to_store() and payload.buffers:
        payload = Payload()
        write(payload, None, serializer, request)
    return payload


def _name_of(function: Callable[..., Any]) -> tuple[str, str]:
    module = getattr(function, "__module__", None)
    if not isinstance(module, str) or not module:
        module = "builtins"
    qualname = getattr(function, "__qualname__", None)
    if not isinstance(qualname, str):
        qualname = type(function).__qualname__
    return module, qualname


def _check_by_name(serializer: str, function: Callable[..., Any]) -> None:
    """Both send a function as its name, so it must have one to be found."""
    module, qualname = _name_of(function)
    if "<" in qualname:
        raise SerializationError(
            f"{module}.{qualname} has no importable name, which"
            f" serializer={serializer!r} needs; {_BY_VALUE}"
        )
    main = sys.modules.get("__main__")
    if module == "__main__" and main_module() is None and main is not None:
        raise SerializationError(
            f"{qualname} is defined in an interactive __main__, which the"
            f" sandbox cannot import; {_BY_VALUE}"
        )


def _resolve(module: str, qualname: str) -> object:
    found: object = sys.modules.get(module)
    for attribute in qualname.split("."):
        found = getattr(found, attribute, None)
    return found


def _write_json(
    payload: Payload,
    buffer_callback: BufferCallback,
    serializer: str,
    request: Request,
) -> None:
    import json

    function, *content = request
    module, qualname = _name_of(function)
    if _resolve(module, qualname) is not function:
        raise SerializationError(
            f"{module}.{qualname} is not {function!r}, so"
            f" serializer='json', which sends the name, cannot send it;"
            f" {_BY_VALUE}"
        )
    named = [f"{module}:{qualname}", *content]
    try:
        payload.write(json.dumps(named, allow_nan=False).encode("ascii"))
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(
            f"an argument is not standard JSON: {error};"
            f" serializer='pickle' sends other objects"
        ) from error


def _write_pickle(
    payload: Payload,
    buffer_callback: BufferCallback,
    serializer: str,
    request: Request,
) -> None:
    if serializer == "pickle":
        # The accelerator alone: the module beside it is slow to import.
        import _pickle

        library: Any = _pickle
    else:
        library = _library(serializer)
    try:
        library.dump(
            request,
            payload,
            5,
            buffer_callback=buffer_callback,
            **_OPTIONS[serializer],
        )
    except Exception as error:
        # A pickler runs the objects' own code: it can raise anything.
        raise SerializationError(
            f"function or argument cannot be sent with"
            f" serializer={serializer!r}: {type(error).__name__}: {error}"
            + (f"; {_BY_VALUE}" if serializer == "pickle" else "")
        ) from error


# The script's name, and that in a process that multiprocessing spawned, for
# which cloudpickle and dill send a name as they do for any other module.
_MAIN, _SPAWNED_MAIN = "__main__", "__mp_main__"
# How protocol 5 writes them: the opcode SHORT_BINUNICODE, a length, the name.
# An argument that is this very text looks the same: the script then runs
# inside without need.
_WRITTEN = tuple(
    b"\x8c" + bytes([len(name)]) + name.encode()
    for name in (_MAIN, _SPAWNED_MAIN)
)


def needs_main(
    serializer: str, function: Callable[..., Any], request: Payload
) -> bool:
    """Whether the guest must have the caller's ``__main__``."""
    if serializer != "pickle":
        module = _name_of(function)[0]
        return module == _SPAWNED_MAIN or (
            module == _MAIN and serializer == "json"
        )
    # Other pieces are data alone: the pickler writes everything else in
    # frames of 64 KiB and a little more, each of whole opcodes.
    return any(
        name in piece
        for piece in request.pieces
        if type(piece) is bytes and len(piece) < _FRAME_MOST
        for name in _WRITTEN
    )


def standard_module(function: Callable[..., Any]) -> tuple[str, ...]:
    """The module of a function of the standard library, else none.

    Others may do anything on import, once for each call: ``imports=`` names
    those for which once is enough.
    """
    module = _name_of(function)[0]
    return (module,) if _is_standard(module) else ()


def _is_standard(module: str) -> bool:
    names = getattr(sys, "stdlib_module_names", None)
    if names is not None:
        return module.partition(".")[0] in names
    # Remove when Python 3.9, which has no such list, is not supported.
    import os

    file = getattr(sys.modules.get(module), "__file__", None) or ""
    library = os.path.dirname(os.__file__) + "/"
    below = file.startswith(library) and "-packages/" not in file
    return below or module in sys.builtin_module_names


def main_module() -> tuple[str, str] | None:
    """How the guest finds ``__main__``: by module name or by file.

    As multiprocessing's spawn does it; None where there is neither, in an
    interactive session or under ``python -c``.
    """
    import os

    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return "module", spec.name
    path = getattr(main, "__file__", None)
    # A pipe, such as /dev/stdin may be, has been read by now.
    if path is None or not os.path.isfile(path):
        return None
    return "path", installation.absolute(path)
