"""Which __setstate__ methods somebody wrote, and which a library generated.

The one of a frozen dataclass with slots, or of an attrs class with slots, sets
the class's own attributes and does nothing else.  The decoder sets those
itself, so such a class needs no more permission than a plain one.  A method
is told by identity: by the function that it is, or by the code that it runs.
"""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def generated_names(cls: type) -> tuple[str, ...] | None:
    """The attributes that a generated ``__setstate__`` of the class sets.

    :returns: None where there is no ``__setstate__`` but object's, and for
        one that is not known to be generated.
    """
    found = _own_setstate(cls)
    if found is None:
        return None
    dataclasses: Any = sys.modules.get("dataclasses")
    # From Python 3.10 on.
    if found is getattr(dataclasses, "_dataclass_setstate", cls):
        return tuple(field.name for field in dataclasses.fields(cls))
    return _names_of_attrs(found)


def _own_setstate(cls: type) -> object:
    for base in cls.__mro__:
        if base is not object and "__setstate__" in vars(base):
            return vars(base)["__setstate__"]
    return None


def _names_of_attrs(found: object) -> tuple[str, ...] | None:
    """attrs makes it as a closure, one for each class, of one code."""
    builder = getattr(sys.modules.get("attr._make"), "_ClassBuilder", None)
    maker = getattr(builder, "_make_getstate_setstate", None)
    if not isinstance(found, types.FunctionType) or not isinstance(
        maker, types.FunctionType
    ):
        return None
    code = found.__code__
    if all(code is not constant for constant in maker.__code__.co_consts):
        return None
    cells = (cell.cell_contents for cell in found.__closure__ or ())
    held = dict(zip(code.co_freevars, cells))
    names = held.get("state_attr_names")
    # A cached hash would have to be reset, under a name of attrs' own.
    if held.get("hash_caching_enabled") is not False:
        return None
    return names if type(names) is tuple else None
