"""The classes that a function's return annotation names: what it is expected
to return, and so may.

The annotation is the caller's own code, as ``allow=`` is.
"""

from __future__ import annotations

import sys

from .serializers import is_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_MOST = 50


def returned_classes(function: Callable[..., Any]) -> tuple[type, ...]:
    """Those of ``-> Point``, ``-> list[Point] | None`` and the like, without
    those of the standard library; none where it cannot be told."""
    annotated = _annotated(function)
    try:
        annotation = annotated.__annotations__["return"]
    except Exception:
        # None are there, or since Python 3.14 they name what is not.
        return ()
    if annotation is None:
        return ()
    found: dict[type, None] = {}
    for one in _named(annotation, annotated):
        if len(found) < _MOST and not is_standard(one.__module__):
            found[one] = None
    return tuple(found)


def _annotated(function: Any) -> Any:
    """The function itself, of a partial or of an object that is callable."""
    while hasattr(function, "func") and not hasattr(function, "__code__"):
        function = function.func
    if isinstance(function, type) or hasattr(function, "__code__"):
        return function
    return type(function).__call__


def _named(annotation: Any, function: Any) -> Iterator[type]:
    todo, seen = [annotation], 0
    while todo and seen < _MOST:
        one, seen = todo.pop(), seen + 1
        if isinstance(one, str):
            one = _evaluated(one, function)
        origin = getattr(one, "__origin__", None)
        if getattr(origin, "_name", None) == "Literal":
            continue  # Its parameters are values, and may be texts.
        if type(one) is type or (isinstance(one, type) and origin is None):
            yield one
        todo.append(origin)
        # A reference within another type, a NewType, an alias.
        for name in ("__forward_arg__", "__supertype__", "__value__"):
            todo.append(getattr(one, name, None))
        todo.extend(getattr(one, "__args__", None) or ())
        todo = [each for each in todo if each is not None]


def _evaluated(text: str, function: Any) -> Any:
    """What a text stands for where the function was defined."""
    known = getattr(function, "__globals__", None)
    if known is None:
        known = vars(sys.modules.get(function.__module__, sys))
    try:
        code = function.__code__
        cells = zip(code.co_freevars, function.__closure__ or ())
        local = {name: cell.cell_contents for name, cell in cells}
        return eval(text, known, local)
    except Exception:
        return None
