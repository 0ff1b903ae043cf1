"""Functions that a guest cannot import: of ``__main__``, a notebook, a
function's locals; lambdas and closures.

cloudpickle writes them as code.  What they refer to in modules they import
when they are read, in each worker anew; so the zygote is told of it, which
imports once.
"""

from __future__ import annotations

import sys

from . import exposing
from .serializers import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import CodeType
    from typing import Any

    from .._wire.payload import Payload

# Modules whose functions go by value; what exec() makes is of builtins.
_SENT = ("__main__", "builtins")
_MOST_SEEN, _MOST_MODULES = 200, 50

_Module, _Function, _Builtin = type(sys), type(lambda: None), type(len)
_Code = type((lambda: 0).__code__)

# What cloudpickle says in place of a file's name.
_NO_FILE = "<dynamic-code>"
_pickler: Any = None


def dump(
    content: Any,
    request: Payload,
    *,
    buffer_callback: Callable[..., Any] | None = None,
    exposed: Mapping[int, str] | None = None,
) -> None:
    """As pickle's, whose ``loads`` reads what this writes where cloudpickle
    can be imported.

    :param exposed: names of host functions by their ids.

    :raises ImportError: it is not installed.
    """
    global _pickler
    _pickler = _pickler or _made_pickler()
    pickler = _pickler(request, 5, buffer_callback=buffer_callback)
    pickler.exposed = exposed or {}
    pickler.dump(content)


def _made_pickler() -> Any:
    """cloudpickle's, which leaves code the name of its file: for tracebacks.

    Without it their lines say neither where they are nor what they are.
    """
    from collections import ChainMap

    base = library("cloudpickle").Pickler
    reduce_code = base.dispatch_table[_Code]

    def reduce_named(code: CodeType) -> tuple[Any, tuple[Any, ...]]:
        make, args = reduce_code(code)
        name = code.co_filename
        return make, tuple(name if one == _NO_FILE else one for one in args)

    table = ChainMap({_Code: reduce_named}, base.dispatch_table)
    return exposing.pickler(
        type("Pickler", (base,), {"dispatch_table": table})
    )


def unsendable(function: Any) -> str:
    """What of a function keeps it from being sent by value, for a message: a
    name and why, or nothing where that is not to be found."""
    for one in _reached(function):
        if type(one) is not _Function or _home(one) not in _SENT:
            continue
        for name, value in _names_and_values(one):
            # Of functions and classes the names are looked at in their turn.
            is_code = type(value) is _Function or issubclass(type(value), type)
            reason = "" if is_code else refusal(value)
            if reason:
                return f"{one.__qualname__} refers to {name!r}: {reason}"
    return ""


def unsendable_input(content: tuple[Any, ...]) -> str:
    """Which of the values for source text keeps them from being sent."""
    for name, value in content[3].items():
        reason = refusal(value)
        if reason:
            reason = unsendable(value) or reason
            return f"inputs[{name!r}] cannot be sent: {reason}"
    return "the inputs cannot be sent together"


def refusal(value: Any) -> str:
    """Why a value cannot be sent, or nothing where it can."""
    from .._wire.payload import Payload

    try:
        dump(value, Payload())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


class _Own:
    def bound(self) -> None:
        """For its type."""


# What is made of a function, and where that is.
_WRAPPERS: dict[type, tuple[str, ...]] = {
    type(_Own().bound): ("__func__", "__self__"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
}


def modules_of(
    function: Callable[..., Any], left_out: Iterable[int] = ()
) -> tuple[str, ...]:
    """The modules that a function refers to, and so does what it refers to
    that goes by value too; sorted.

    :param left_out: ids of what does not go.
    """
    found: set[str] = set()
    for one in _reached(function, left_out):
        if type(one) is _Module:
            found.update(_names_of(one, function))
            continue
        module = _home(one)
        if module not in _SENT and _is_found(module):
            found.add(str(module))
    return tuple(sorted(found)[:_MOST_MODULES])


def _reached(function: Any, left_out: Iterable[int] = ()) -> Iterator[Any]:
    """The function, what it refers to, and so on within what goes by value;
    each once."""
    seen = set(left_out)
    todo: list[Any] = [function]
    while todo and len(seen) < _MOST_SEEN:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if type(one) is not _Module and _home(one) in (None, *_SENT):
            todo.extend(_inside(one))


def _home(one: Any) -> str | None:
    """The module that a function or a class is in; of other objects nothing
    is asked, which may do anything when they are."""
    if type(one) in (_Function, _Builtin) or issubclass(type(one), type):
        module = one.__module__
        return module if type(module) is str else "builtins"
    return None


def _inside(one: Any) -> Iterator[Any]:
    """What the guest gets along with one that goes by value."""
    kind = type(one)
    if kind is _Function:
        yield from (value for _, value in _names_and_values(one))
    elif issubclass(kind, type):
        if one.__module__ != "builtins":
            yield from vars(one).values()
            yield from one.__bases__
    elif kind in _WRAPPERS:
        yield from (getattr(one, name) for name in _WRAPPERS[kind])
    elif kind is not _Builtin:
        yield kind
        if kind.__name__ == "partial":
            yield one.func


def _names_and_values(function: Any) -> Iterator[tuple[str, Any]]:
    """Of the globals and the variables of enclosing functions that a function
    refers to."""
    code, known = function.__code__, function.__globals__
    for name in _names_in(code):
        if name in known:
            yield name, known[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue  # Nothing is bound to it yet.


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, _Code):
            yield from _names_in(constant)


def _names_of(module: Any, function: Any) -> Iterator[str]:
    """A module's name; and of a package the modules that are loaded and that
    the function may mean, as ``dom`` of ``xml``."""
    name = module.__name__
    if not _is_found(name):
        return
    yield name
    code = getattr(function, "__code__", None)
    if isinstance(code, _Code) and hasattr(module, "__path__"):
        for attribute in _names_in(code):
            if f"{name}.{attribute}" in sys.modules:
                yield f"{name}.{attribute}"


def _is_found(name: object) -> bool:
    """Whether it is a module's that was found by a search."""
    module = sys.modules.get(name) if isinstance(name, str) else None
    return getattr(module, "__spec__", None) is not None
