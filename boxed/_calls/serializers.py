"""The serializers: their names, the libraries that they are, and what each
needs a guest to have before a function can be called there.
"""

from __future__ import annotations

import sys

from .._policy import installation
from .._policy.checks import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._wire.payload import Payload

AUTO = "auto"
NAMES = (AUTO, "pickle", "json", "cloudpickle", "dill")
#: How the guest reads what 'auto' could not send by name, and names results:
#: another codec there than that of any serializer.
BY_VALUE = "value"
#: How the guest reads source text, and values for it that went by name, and
#: such that did not.
SOURCE, SOURCE_BY_VALUE = "source", "source by value"
SOURCES = (SOURCE, SOURCE_BY_VALUE)
#: What cloudpickle has written.
BY_CLOUDPICKLE = (BY_VALUE, SOURCE_BY_VALUE)
_PACKAGES = ("cloudpickle", "dill")

#: The script's name, and that in a process that multiprocessing spawned, for
#: which cloudpickle and dill send a name as they do for any other module.
MAIN, SPAWNED_MAIN = "__main__", "__mp_main__"

# Of a pickler's frames, which have 64 KiB and a little more.
_FRAME_MOST = 256 << 10
# inspect.CO_COROUTINE and CO_ASYNC_GENERATOR.
_ASYNC = 0x80 | 0x200


def checked_name(serializer: str) -> str:
    """The serializer of that name.

    :raises ValueError: there is none.
    :raises ImportError: its package is not installed.
    """
    name = word("serializer", serializer, NAMES)
    if name in _PACKAGES:
        library(name)
    return name


def library(serializer: str) -> Any:
    """What writes for it.

    :raises ImportError: its package is not installed.
    """
    if serializer == "pickle":
        # The accelerator alone: the module beside it is slow to import.
        import _pickle

        return _pickle
    try:
        return __import__(serializer)
    except ImportError as error:
        from .._policy.advice import advice

        raise ImportError(
            f"what is to be sent needs {serializer}, a package that is not"
            f" installed; {advice('package', package=serializer)}"
        ) from error


def name_of(function: Callable[..., Any]) -> tuple[str, str]:
    """The module and the qualified name that a function is found by."""
    module = getattr(function, "__module__", None)
    if not isinstance(module, str) or not module:
        module = "builtins"
    qualname = getattr(function, "__qualname__", None)
    if not isinstance(qualname, str):
        qualname = type(function).__qualname__
    return module, qualname


def mentions(module: str, request: Payload) -> bool:
    """Whether a pickle names something of a module.

    An argument that is this very text looks the same, and is taken for it.
    """
    # The opcode SHORT_BINUNICODE, a length, the name; in a frame of whole
    # opcodes.  Other pieces are data alone.
    written = b"\x8c" + bytes([len(module)]) + module.encode()
    return any(
        written in piece
        for piece in request.pieces
        if type(piece) is bytes and len(piece) < _FRAME_MOST
    )


def needs_main(
    codec: str, function: Callable[..., Any], request: Payload
) -> bool:
    """Whether the guest must have the caller's ``__main__``.

    :param codec: what reads the request.
    """
    if codec == "pickle":
        return mentions(MAIN, request) or mentions(SPAWNED_MAIN, request)
    if codec in BY_CLOUDPICKLE:
        return mentions(SPAWNED_MAIN, request)
    module = name_of(function)[0]
    return module == SPAWNED_MAIN or (module == MAIN and codec == "json")


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


def standard_modules(function: Callable[..., Any]) -> tuple[str, ...]:
    """The module of a function of the standard library, and what an ``async``
    one is run by; else none.

    Others may do anything on import, once for each call: ``imports=`` names
    those for which once is enough.
    """
    module = name_of(function)[0]
    modules: tuple[str, ...] = (module,) if is_standard(module) else ()
    code = getattr(function, "__code__", None)
    if getattr(code, "co_flags", 0) & _ASYNC:
        modules += ("asyncio",)
    return modules


def is_standard(module: str) -> bool:
    """Whether a module is the standard library's."""
    names = getattr(sys, "stdlib_module_names", None)
    if names is not None:
        return module.partition(".")[0] in names
    # Remove when Python 3.9, which has no such list, is not supported.
    import os

    file = getattr(sys.modules.get(module), "__file__", None) or ""
    library = os.path.dirname(os.__file__) + "/"
    below = file.startswith(library) and "-packages/" not in file
    return below or module in sys.builtin_module_names
