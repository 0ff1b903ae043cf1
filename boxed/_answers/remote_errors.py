"""An exception as a guest tells it, read: text and plain values, all of which
the guest chose.  The form is that of _telling.
"""

from __future__ import annotations

from .._errors import RemoteError, remote_error
from .._guest.exceptions import MAX_DEPTH, MAX_MORE, MAX_NOTES, MAX_VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["MAX_MORE", "told_error"]

# Of a float or, in hexadecimal, an int: read in no time.
_MOST_DIGITS = 1300


def told_error(texts: list[str]) -> RemoteError:
    """The exception for what a guest tells of its own.

    :param texts: printable ones.

    :raises ValueError: they do not have that form.
    """
    name, message, traceback, bases, *more = texts
    rest = iter(more)
    args = _value(next(rest, ""), rest, 0)
    if type(args) is not tuple:
        raise ValueError("the args of an exception are none")
    fields: dict[str, Any] = {}
    notes: list[str] = []
    for text in rest:
        kind, content = text[:1], text[1:]
        if kind == "=":
            fields[content] = _value(next(rest, ""), rest, 0)
        elif kind == "#" and len(notes) < MAX_NOTES:
            notes.append(content)
        else:
            raise ValueError("an exception has an unknown part")
    error = remote_error(bases.split(), args, fields, traceback)
    error.type_name = name
    error.message = message
    error.traceback = traceback
    error.notes = tuple(notes)
    return error


def _value(text: str, rest: Iterator[str], depth: int) -> Any:
    tag, content = text[:1], text[1:]
    if tag in ("(", "["):
        count = _whole(content)
        if depth > MAX_DEPTH or not 0 <= count <= MAX_VALUES:
            raise ValueError("a value is too deep or has too many parts")
        parts = [_value(next(rest, ""), rest, depth + 1) for _ in range(count)]
        return tuple(parts) if tag == "(" else parts
    reader = _READERS.get(tag)
    if reader is None:
        raise ValueError("a value is of an unknown kind")
    return reader(content)


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(text, 16)


def _real(text: str) -> float:
    if len(text) > _MOST_DIGITS:
        raise ValueError("a number is too long")
    return float(text)


_READERS: dict[str, Any] = {
    "n": lambda text: None,
    "b": lambda text: text == "1",
    "i": _whole,
    "f": _real,
    "s": str,
    "y": bytes.fromhex,
}
