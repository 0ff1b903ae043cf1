"""What came of an attempt."""

from __future__ import annotations

import errno

from .calls import call

REACHED = "reached"
PRIVATE = "private"
NOTHING = "nothing"


def attempt(function, *args) -> str:
    """REACHED, or what stood in the way; False is not reaching it."""
    try:
        value = function(*args)
    except OSError as error:
        kind = type(error).__name__
        return errno.errorcode.get(error.errno, kind)
    except Exception as error:
        return type(error).__name__
    return NOTHING if value is False else REACHED


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
