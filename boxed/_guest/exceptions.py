"""Telling an exception as text, of the form in _wire/exception_format.py.

An exception is the guest's own object: whatever is asked of it may run its
code, and may raise again.  What can be asked of the interpreter is asked
there, which runs none.
"""

from __future__ import annotations

import builtins
import sys
from io import StringIO

from boxed._wire.exception_format import (
    FIELDS,
    MAX_BITS,
    MAX_DEPTH,
    MAX_NOTES,
    MAX_TEXT,
    MAX_VALUES,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

KNOWN = [
    value
    for value in vars(builtins).values()
    if type(value) is type and issubclass(value, BaseException)
    if value is not BaseException and value is not Exception
]
# By identity: a metaclass may have made a class equal to anything.  And who
# goes through the list itself writes to each of them.
KNOWN_IDS = frozenset(map(id, KNOWN))
MODULE_OF: Any = vars(type)["__module__"].__get__
NAME_OF: Any = vars(type)["__qualname__"].__get__
ORDER_OF: Any = vars(type)["__mro__"].__get__
TRACEBACK_OF: Any = vars(BaseException)["__traceback__"].__get__
ARGS_OF: Any = vars(BaseException)["args"].__get__


def cut(text: str, most: int = MAX_TEXT) -> str:
    """The first of it, of exactly this type and not one of the guest's."""
    return str.__getitem__(text, slice(most))


def type_name(cls: type) -> str:
    """Dotted name of a type; bare for a built-in one."""
    module, name = MODULE_OF(cls), cut(NAME_OF(cls))
    if not issubclass(type(module), str):
        return name
    module = cut(module)
    return name if module == "builtins" else f"{module}.{name}"


def text_of(value: object) -> str:
    try:
        return cut(str(value))
    except BaseException as error:
        return f"<unprintable: {type_name(type(error))}>"


def exception_texts(
    error: BaseException, skipped: tuple[str, ...], remark: str = ""
) -> list[str]:
    """An exception as texts.

    The traceback leaves out the outermost frames of the `skipped` files.

    :param remark: what is to be said beside it, as one more note.
    """
    bases = [one.__name__ for one in builtin_bases(type(error))]
    after = f"{remark}\n" if remark else ""
    try:
        return [
            type_name(type(error)),
            text_of(error),
            without_middle(traceback_of(error, skipped) + after),
            " ".join(bases),
            *value_texts(ARGS_OF(error), [MAX_TEXT, MAX_VALUES]),
            *fields_of(error, bases, [MAX_TEXT, MAX_VALUES]),
            *(["#" + remark] if remark else []),
            *notes_of(error, MAX_NOTES - bool(remark)),
        ]
    except BaseException:
        # No memory is left, or something raises wherever it can.
        return [type_name(type(error)), "", "", " ".join(bases), "(0"]


def cut_to_name(texts: list[str]) -> list[str]:
    """As little of a told exception as still says what it is."""
    return [texts[0], texts[1][:200], "", texts[3], "(0"]


def cut_for_message(error: BaseException, texts: list[str]) -> list[str]:
    """Of a told exception what fits in a message, without its args: a socket
    takes none of more than some 200 KiB."""
    name, message, traceback, bases = texts[:4]
    head = [name[:1000], message[:8000], traceback[-16000:], bases[:1000]]
    return [*head, "(0", *fields_of(error, bases.split(), [16000, 16])]


def builtin_bases(cls: type) -> list[type]:
    """Exceptions of the interpreter's that a class derives from, nearest
    first, itself included."""
    return [one for one in ORDER_OF(cls)[:MAX_VALUES] if id(one) in KNOWN_IDS]


def fields_of(
    error: BaseException, bases: list[str], left: list[int]
) -> list[str]:
    """Its attributes; `left` as of value_texts."""
    texts: list[str] = []
    names = [name for base in bases for name in FIELDS.get(base, ())]
    for name in dict.fromkeys(names):
        value = attribute_of(error, name)
        if value is not None:
            texts += [f"={name}", *value_texts(value, left)]
    return texts


def notes_of(error: BaseException, most: int) -> list[str]:
    notes = attribute_of(error, "__notes__")
    texts: list[str] = []
    left = MAX_TEXT
    for note in notes[:most] if type(notes) is list else ():
        texts.append("#" + text_of(note)[:left])
        left -= len(texts[-1]) - 1
    return texts


def attribute_of(error: BaseException, name: str) -> Any:
    try:
        return getattr(error, name, None)
    except BaseException:
        return None


def value_texts(value: Any, left: list[int], depth: int = 0) -> list[str]:
    """A value as texts.  What can be told as no value is the text that it has
    in the interpreter.

    :param left: characters and values that may still be told; no text takes
        more than half of them, so that there are some for the next.
    """
    left[1] -= 1
    kind = type(value)
    if value is None or kind is bool:
        return ["n" if value is None else f"b{value:d}"]
    if kind in (tuple, list) and depth < MAX_DEPTH:
        return sequence_texts(value, left, depth)
    if issubclass(kind, int):
        number = int.__index__(value)
        if number.bit_length() <= MAX_BITS:
            return [f"i{number:x}"]
    if issubclass(kind, float):
        return [f"f{float.__pos__(value)!r}"]
    if issubclass(kind, bytes):
        data = bytes.__getitem__(value, slice(left[0] // 4))
        left[0] -= 2 * len(data)
        return ["y" + data.hex()]
    text = value if issubclass(kind, str) else repr_of(value)
    part = cut(text, left[0] // 2)
    left[0] -= len(part)
    return ["s" + part]


def sequence_texts(value: Any, left: list[int], depth: int) -> list[str]:
    # A copy: another thread may change it.
    items = value[: max(left[1], 0)]
    texts: list[str] = []
    count = 0
    for item in items:
        if left[1] <= 0:
            break
        texts += value_texts(item, left, depth + 1)
        count += 1
    return [("(" if type(value) is tuple else "[") + hex(count)[2:], *texts]


def repr_of(value: object) -> str:
    try:
        return repr(value)
    except BaseException as error:
        return f"<unprintable: {type_name(type(error))}>"


def without_middle(text: str) -> str:
    """A traceback's head says where it began, its tail what happened."""
    if len(text) <= MAX_TEXT:
        return text
    gap = "\n[...]\n"
    head = MAX_TEXT // 4
    return text[:head] + gap + text[head + len(gap) - MAX_TEXT :]


def traceback_of(error: BaseException, skipped: tuple[str, ...]) -> str:
    """As the interpreter would print it, without importing traceback.

    With the causes, contexts, notes and members of a group that it prints.
    """
    trace = TRACEBACK_OF(error)
    while trace and trace.tb_frame.f_code.co_filename in skipped:
        trace = trace.tb_next
    kept = getattr(sys, "stderr", None)
    try:
        sys.stderr = StringIO()
        BaseException.with_traceback(error, trace)
        sys.__excepthook__(type(error), error, trace)
        return sys.stderr.getvalue() or traceback_without_chain(error)
    except BaseException as other:
        return f"<no traceback: {type_name(type(other))}>"
    finally:
        sys.stderr = kept


def traceback_without_chain(error: BaseException) -> str:
    """For a chain that is longer than the interpreter's stack."""
    import traceback

    trace = TRACEBACK_OF(error)
    lines = traceback.format_exception(type(error), error, trace, chain=False)
    return "".join(lines)


def refusal_texts(value: object, error: BaseException) -> list[str]:
    """Why a value cannot be sent, as text."""
    why = text_of(error) or type_name(type(error))
    return [type_name(type(value)), why]


def pack(texts: list[str]) -> bytes:
    """Texts as length-prefixed UTF-8, each cut to MAX_TEXT characters."""
    parts = []
    for text in texts:
        data = text[:MAX_TEXT].encode("utf-8", "backslashreplace")
        parts += [len(data).to_bytes(4, "little"), data]
    return b"".join(parts)
