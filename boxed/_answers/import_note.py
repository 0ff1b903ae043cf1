"""Reads the note that a guest may send before a value: which modules the call
imported, and how long that took.

Its size in two bytes, then lines of a name and microseconds, in ASCII.  All of
it is the guest's word, and nothing but advice is made of it: a line that is
none is passed over.
"""

from __future__ import annotations

_MOST_LINES, _LONGEST_NAME, _MOST_DIGITS = 5, 100, 12


def split_note(body: bytes) -> tuple[list[tuple[str, float]], memoryview]:
    """Modules with their seconds, and the value that follows the note.

    :raises ValueError: the note is longer than what holds it.
    """
    end = 2 + int.from_bytes(body[:2], "little")
    if not 2 <= end <= len(body):
        raise ValueError("a note is cut short")
    text = body[2:end].decode("ascii", "replace")
    lines = [line.partition(" ") for line in text.split("\n", _MOST_LINES)]
    times = [
        (name, int(digits) / 1e6)
        for name, _, digits in lines[:_MOST_LINES]
        if _is_module(name) and _is_number(digits)
    ]
    return times, memoryview(body)[end:]


def _is_module(name: str) -> bool:
    return (
        len(name) <= _LONGEST_NAME
        and name.isascii()
        and all(map(str.isidentifier, name.split(".")))
    )


def _is_number(digits: str) -> bool:
    is_ascii = digits.isascii() and digits.isdigit()
    return is_ascii and len(digits) <= _MOST_DIGITS
