"""What attacks are made of: those of ``boxed doctor --attack``, and those that
the project's own tests add to them.

A *way* is a function that does one thing.  It returns what it got, or raises
what refused it; False is nothing.  Where an attack can be made in several
ways, a function of its target returns them by their names.

Standard library only: the guest has this.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Ways = Mapping[str, Callable[[], object]]


def tried(way: Callable[..., Any], *args: Any) -> tuple[Any, str]:
    """What a way got, and what refused it: the name of an errno, mostly."""
    try:
        return way(*args), ""
    except OSError as error:
        return None, errno.errorcode.get(error.errno or 0, str(error))
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def has_reached(value: object, refusal: str) -> bool:
    """Whether it got anything."""
    return not refusal and value is not False


def first(ways: Ways) -> Any:
    """What the first way got that was not refused.

    :raises OSError: the last refusal, if all were.
    """
    for place, way in enumerate(ways.values(), 1):
        try:
            return way()
        except OSError:
            if place == len(ways):
                raise
    return False


def all_of(ways: Ways) -> bool:
    """Take every way; whether any got something.

    :raises OSError: the last refusal, if all were refused.
    """
    came: list[bool] = []
    refusal: OSError | None = None
    for way in ways.values():
        try:
            came.append(way() is not False)
        except OSError as error:
            refusal = error
    if refusal is not None and not came:
        raise refusal
    return any(came)
