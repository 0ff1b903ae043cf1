"""What came of an attack: the outcome of each of its ways."""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable

from boxed._doctor.attack.ways import Ways, has_reached, tried

from .calls import call

REACHED = "reached"
PRIVATE = "private"
NOTHING = "nothing"


def outcome(way: Callable[[], object]) -> str:
    """REACHED, or what stood in the way; PRIVATE, if it got just that."""
    value, refusal = tried(way)
    if value == PRIVATE:
        return PRIVATE
    if has_reached(value, refusal):
        return REACHED
    return refusal or NOTHING


def outcomes(ways: Ways) -> dict[str, str]:
    return {name: outcome(way) for name, way in ways.items()}


def attack(
    function: Callable[..., Ways],
) -> Callable[..., dict[str, str]]:
    """Take all the ways that a function returns."""

    @functools.wraps(function)
    def take_all(*args) -> dict[str, str]:
        return outcomes(function(*args))

    return take_all


def shows(text: str, way: Callable[[], object]) -> Callable[[], bool]:
    """The way, which must get just that."""
    return lambda: text in str(way())


def admitted(name: str, *args) -> bool:
    """Whether a call got past the question who may make it."""
    try:
        call(name, *args)
    except OSError as error:
        if error.errno in (
            errno.EBUSY,
            errno.EINVAL,
            errno.ENOENT,
            errno.ELOOP,
        ):
            return True
        raise
    return True
