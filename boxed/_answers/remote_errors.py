"""A RemoteError of what a guest tells of its exception: text and plain values,
all of which the guest chose, in the form of _wire/exception_format.py.
"""

from __future__ import annotations

import builtins

from .._errors import RemoteError, RemoteTraceback
from .._wire.exception_format import FIELDS, MAX_DEPTH, MAX_NOTES, MAX_VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

# Of a float or, in hexadecimal, an int: read in no time.
_MOST_DIGITS = 1300


def error_from_texts(texts: list[str]) -> RemoteError:
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

# Not here: what steers control flow (KeyboardInterrupt, SystemExit,
# GeneratorExit, StopIteration, StopAsyncIteration), warnings, and groups.
_ORDINARY = (
    "ArithmeticError AssertionError AttributeError BlockingIOError"
    " BrokenPipeError BufferError ChildProcessError ConnectionAbortedError"
    " ConnectionError ConnectionRefusedError ConnectionResetError EOFError"
    " FileExistsError FileNotFoundError FloatingPointError ImportError"
    " IndentationError IndexError InterruptedError IsADirectoryError KeyError"
    " LookupError MemoryError ModuleNotFoundError NameError"
    " NotADirectoryError NotImplementedError OSError OverflowError"
    " PermissionError ProcessLookupError RecursionError ReferenceError"
    " RuntimeError SyntaxError SystemError TabError TimeoutError TypeError"
    " UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError"
    " UnicodeTranslateError ValueError ZeroDivisionError"
)
_made: dict[str, type[RemoteError]] = {}


def _remote_class(names: Iterable[str]) -> type[RemoteError]:
    """Made when it is first needed: most programs need none.

    :param names: of builtin exceptions, the nearest first.
    """
    ordinary = _ORDINARY.split()
    name = next((name for name in names if name in ordinary), "")
    if not name:
        return RemoteError
    made = _made.get(name)
    return made or _made.setdefault(name, _make_remote(name))


def _make_remote(name: str) -> type[RemoteError]:
    base = getattr(builtins, name)
    return type(
        f"Remote{name}",
        (RemoteError, base),
        {
            "__doc__": f"A {name} that the function raised in the sandbox.",
            "__module__": RemoteError.__module__,
        },
    )


def remote_error(
    bases: Iterable[str],
    args: tuple[Any, ...],
    fields: Mapping[str, Any],
    traceback: str,
) -> RemoteError:
    """The exception for a guest's: from a fixed table, never by import.

    :param bases: names of the builtin exceptions that it derives from.
    :param fields: its attributes, of which those are taken that such have.
    """
    cls = _remote_class(bases)
    error = cls()
    error.args = args
    error._bases = tuple(bases)
    for name, value in _checked(error, fields).items():
        setattr(error, name, value)
    if isinstance(error, (ImportError, SyntaxError)):
        error.msg = str(args[0]) if args else ""
    error.__cause__ = RemoteTraceback(traceback)
    return error


def names_of(error: RemoteError) -> list[str]:
    """The attributes that are told of an exception.

    Not those by which the interpreter would look into the caller's own files
    and modules to print a traceback: the file and line of a SyntaxError, and
    what was to be imported from a module (``name_from``).
    """
    found = [name for base in error._bases for name in FIELDS.get(base, ())]
    return list(dict.fromkeys(found))


_MOST_ERRNO = (1 << 31) - 1
_TYPES: dict[str, tuple[type, ...]] = {
    "errno": (int,),
    "filename": (str, bytes, int),
    "filename2": (str, bytes, int),
    **dict.fromkeys(("strerror", "name", "path"), (str,)),
    **dict.fromkeys(("encoding", "reason"), (str,)),
    **dict.fromkeys(("start", "end"), (int,)),
}


def _checked(error: RemoteError, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with values that they can have; what handles such errors
    relies on that, and for Unicode's on all of them being there."""
    checked: dict[str, Any] = {}
    for name in names_of(error):
        value = fields.get(name)
        is_possible = type(value) in _TYPES.get(name, (type(value),))
        checked[name] = value if is_possible else None
    if abs(checked.get("errno") or 0) > _MOST_ERRNO:
        checked["errno"] = None
    if "object" in checked:
        _complete(
            checked, bytes if isinstance(error, UnicodeDecodeError) else str
        )
    return checked


def _complete(checked: dict[str, Any], kind: type[bytes] | type[str]) -> None:
    """The attributes of a Unicode error: all of them, and places in it."""
    if type(checked["object"]) is not kind:
        checked["object"] = kind()
    for name in {"encoding", "reason"} & set(checked):
        checked[name] = checked[name] or ""
    end = checked["end"] or 0
    checked["end"] = end = max(0, min(end, len(checked["object"])))
    checked["start"] = max(0, min(checked["start"] or 0, end))
