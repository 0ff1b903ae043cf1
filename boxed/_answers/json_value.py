"""Reads a result that is JSON: strictly, and within bounds."""

from __future__ import annotations

from .. import _boxed
from .._errors import SerializationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: How deep a result may be nested, and how long its numbers may be.
MAX_DEPTH, MAX_DIGITS = 200, 4300


def decode(data: bytes | memoryview) -> Any:
    """The value of a JSON text.

    The last of equal keys in an object counts, and a lone surrogate may come
    as an escape, as with the standard library, which parses it.

    :raises SerializationError: it is not standard JSON in strict UTF-8, which
        has no NaN and no infinity, or exceeds a bound.
    """
    depth, digits, large = _boxed.json_bounds(data)
    if depth > MAX_DEPTH or digits > MAX_DIGITS:
        raise SerializationError(
            f"the result is nested {depth} deep and has numbers of {digits}"
            f" digits; at most {MAX_DEPTH} and {MAX_DIGITS} are read"
        )
    try:
        return _reader(large)(str(data, "utf-8"))
    except (ValueError, RecursionError) as error:
        raise SerializationError(
            f"the result is not standard JSON: {error}"
        ) from None


_readers: dict[bool, Callable[[str], Any]] = {}


def _reader(large: bool) -> Callable[[str], Any]:
    """A parser of JSON text, made once.

    :param large: whether a float may be too large; the parser's own way to
        read floats is faster than one that looks.
    """
    reader = _readers.get(large)
    if reader is None:
        from json import JSONDecoder

        parse = _finite if large else None
        reader = JSONDecoder(
            parse_constant=_refuse_constant, parse_float=parse
        ).decode
        _readers[large] = reader
    return reader


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not standard JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is not standard JSON: too large")
    return value
