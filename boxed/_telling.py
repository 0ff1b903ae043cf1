"""Telling an exception as text: what a guest's answer holds of one.

Loaded inside the sandbox, beside _guest.  An exception there is the guest's
own object: whatever is asked of it may run its code, and may raise again.
"""

from __future__ import annotations

import io
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_TEXT = 64 * 1024
MAX_NOTES = 64


def type_name(cls: type) -> str:
    """Dotted name of a type; bare for a built-in one."""
    try:
        if cls.__module__ == "builtins":
            return str(cls.__qualname__)
        return f"{cls.__module__}.{cls.__qualname__}"
    except BaseException:
        # A metaclass, or a class made by hand, can refuse both.
        return text_of(cls)


def text_of(value: object) -> str:
    try:
        return str(value)
    except BaseException as error:
        return f"<unprintable: {type(error).__name__}>"


def describe(error: BaseException, skipped: tuple[str, ...]) -> list[str]:
    """Type name, message, traceback, errno and the notes of an exception.

    The traceback leaves out the outermost frames of the `skipped` files.
    """
    number = attribute_of(error, "errno")
    notes = attribute_of(error, "__notes__")
    return [
        type_name(type(error)),
        text_of(error),
        shortened(traceback_of(error, skipped)),
        str(number) if type(number) is int else "",
        *map(text_of, notes[:MAX_NOTES] if type(notes) is list else ()),
    ]


def attribute_of(error: BaseException, name: str) -> Any:
    try:
        return getattr(error, name, None)
    except BaseException:
        return None


def shortened(text: str) -> str:
    """A traceback's head says where it began, its tail what happened."""
    if len(text) <= MAX_TEXT:
        return text
    cut = "\n[...]\n"
    head = MAX_TEXT // 4
    return text[:head] + cut + text[head + len(cut) - MAX_TEXT :]


def traceback_of(error: BaseException, skipped: tuple[str, ...]) -> str:
    """As the interpreter would print it, without importing traceback.

    With the causes, contexts, notes and members of a group that it prints.
    """
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename in skipped:
        trace = trace.tb_next
    kept, sys.stderr = sys.stderr, io.StringIO()
    try:
        sys.__excepthook__(type(error), error.with_traceback(trace), trace)
        return sys.stderr.getvalue() or unchained(error)
    except BaseException as other:
        return f"<no traceback: {type_name(type(other))}>"
    finally:
        sys.stderr = kept


def unchained(error: BaseException) -> str:
    """For a chain that is longer than the interpreter's stack."""
    import traceback

    trace = error.__traceback__
    lines = traceback.format_exception(type(error), error, trace, chain=False)
    return "".join(lines)


def pack(texts: list[str]) -> bytes:
    """Texts as length-prefixed UTF-8, each cut to MAX_TEXT characters."""
    parts = []
    for text in texts:
        data = text[:MAX_TEXT].encode("utf-8", "backslashreplace")
        parts += [len(data).to_bytes(4, "little"), data]
    return b"".join(parts)
