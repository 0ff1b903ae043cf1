"""What each option may be: it is understood as it was meant, or refused.

A value of another type is a TypeError, and one of the right type that cannot
be a ValueError; both name the option, the value and what is expected.  What
is returned is the library's own copy, of exact types: what the caller changes
afterwards changes nothing.
"""

from __future__ import annotations

import math
import os
from _collections_abc import Iterable, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_SHOWN = 200
#: Seconds from which on there is no limit: thirty years.
NEVER_SECONDS = 1e9
# The least above 0 that a float can be.
_LEAST_SECONDS = 5e-324


def wrong_type(option: str, expected: str, value: object) -> TypeError:
    """The exception for a value of another type."""
    return TypeError(f"{option}= takes {expected}, not {shown(value)}")


def impossible(option: str, expected: str, value: object) -> ValueError:
    """The exception for a value of the right type that cannot be."""
    return ValueError(f"{option}= takes {expected}, not {shown(value)}")


def shown(value: object) -> str:
    """A value for a message: not all of a long one, and never an error."""
    try:
        text = repr(value)
    except Exception as error:
        # An int of too many digits is a ValueError.
        return f"a {type(value).__name__} ({type(error).__name__})"
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."


def flag(option: str, value: object) -> bool:
    """True or False themselves: what only counts as true, such as ``"no"``,
    grants nothing."""
    if type(value) is not bool:
        raise wrong_type(option, "True or False", value)
    return value


def text(option: str, value: object) -> str:
    """Text that can be part of a message to another process."""
    if not isinstance(value, str):
        raise wrong_type(option, "text", value)
    # Not str(), which an enumeration answers with another text.
    exact = str.__str__(value)
    _check_characters(option, exact)
    return exact


def word(option: str, value: object, words: Sequence[str]) -> str:
    """One of the words there are."""
    expected = f"one of {', '.join(map(repr, words))}"
    if not isinstance(value, str):
        raise wrong_type(option, expected, value)
    exact = str.__str__(value)
    if exact not in words:
        raise impossible(option, expected, value)
    return exact


def seconds(option: str, value: Any, *, infinite: bool = True) -> float | None:
    """A number of seconds above 0, or None for no limit.

    :param infinite: whether ``math.inf`` is another word for no limit.
    """
    if value is None or (type(value) is float and 0 < value < NEVER_SECONDS):
        return value
    expected = "a number of seconds above 0, or None for no limit"
    if not _is_real(value):
        raise wrong_type(option, expected, value)
    if not _is_above_0(value) or (not infinite and value >= NEVER_SECONDS):
        raise impossible(option, expected, value)
    if type(value) is int:
        return value
    if value > NEVER_SECONDS:
        return math.inf
    # A Fraction or Decimal may be nearer to 0, which would be no limit.
    return max(float(value), _LEAST_SECONDS)


def _is_real(value: object) -> bool:
    """A real number of the standard library's or of numpy's; no bool, and
    none of numpy's durations, which it calls integers whatever their unit."""
    if isinstance(value, bool) or type(value).__name__ == "timedelta64":
        return False
    if isinstance(value, (int, float)):
        return True
    from numbers import Number, Real

    # Decimal, and nothing else of the library, is one and not the other.
    return isinstance(value, Real) or (
        isinstance(value, Number) and type(value).__module__ == "decimal"
    )


def _is_above_0(value: Any) -> bool:
    try:
        # False for a float that is not a number; a Decimal raises.
        return bool(value > 0)
    except ArithmeticError:
        return False


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within bounds; not a bool, which only counts as one."""
    try:
        if isinstance(value, bool):
            raise TypeError
        exact = int(value.__index__())
    except (AttributeError, TypeError):
        raise wrong_type(name, "a whole number", value) from None
    if not low <= exact <= high:
        raise impossible(name, f"{low} to {high}", value)
    return exact


_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# More digits than any size has; int() takes long over very many.
_MOST_DIGITS = 30


def size(name: str, value: Any, low: int, high: int) -> int:
    """A number of bytes within bounds: a whole number, or text such as
    ``'256M'`` or ``'1.5G'``, in units of 1024."""
    if not isinstance(value, str):
        try:
            return whole(name, value, low, high)
        except TypeError:
            expected = "a whole number of bytes, or text such as '256M'"
            raise wrong_type(name, expected, value) from None
    exact = _bytes_of(str.__str__(value))
    if exact is None:
        expected = "bytes as a number and one of K, M, G and T, as '256M'"
        raise impossible(name, expected, value)
    if not low <= exact <= high:
        raise impossible(name, f"{low} to {high} bytes", value)
    return exact


def _bytes_of(text: str) -> int | None:
    unit = _UNITS.get(text[-1:].upper())
    before, dot, after = (text[:-1] if unit else text).partition(".")
    digits = before + after
    is_number = digits.isascii() and digits.isdigit() and before != ""
    # A part of a unit may be any, but no byte has parts.
    is_whole = after != "" and unit is not None if dot else True
    if not (is_number and is_whole and len(digits) <= _MOST_DIGITS):
        return None
    # 10 ** n may be a float for all that a type checker knows.
    parts: int = 10 ** len(after)
    return int(digits) * (unit or 1) // parts


def collection(option: str, of: str, values: Any) -> list[Any]:
    """What a list or another collection holds; an iterator is used up."""
    expected = f"a list of {of}"
    # Of a mapping the values would be lost; text would be its characters, and
    # a class, such as an enumeration, its members.
    single = (str, bytes, bytearray, memoryview, Mapping, type)
    if isinstance(values, single) or not isinstance(values, Iterable):
        raise wrong_type(option, expected, values)
    return list(values)


def names(option: str, values: Any) -> tuple[str, ...]:
    """Names of modules, each once."""
    found = [text(option, one) for one in collection(option, "names", values)]
    for name in found:
        # The name of a file of modules need not be an identifier.
        if not all(name.split(".")):
            raise impossible(option, "names of modules", name)
    return tuple(dict.fromkeys(found))


def path(option: str, value: Any) -> str:
    """A path as text, as it was given."""
    try:
        exact = str.__str__(os.fspath(value))
    except TypeError:
        expected = "a list of paths, each text or a Path"
        raise wrong_type(option, expected, value) from None
    if not exact or "\0" in exact:
        raise impossible(option, "paths", value)
    return exact


def variables(option: str, value: Any) -> tuple[tuple[str, str], ...]:
    """The pairs of an environment, sorted by name."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise wrong_type(option, "a dict of text to text", value)
    pairs = [
        tuple(text(option, one) for one in pair) for pair in value.items()
    ]
    for name, _ in pairs:
        if not name or "=" in name:
            raise impossible(option, "names that a variable can have", name)
    return tuple(sorted(pairs))  # type: ignore[arg-type]


def _check_characters(option: str, exact: str) -> None:
    try:
        # What a name of a file that is not UTF-8 becomes is let through.
        is_possible = b"\0" not in exact.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        raise impossible(option, "text without NUL and surrogates", exact)


def arguments(
    args: Any, kwargs: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The function's arguments, as they travel.

    :raises TypeError: they are no sequence and no mapping of names: text
        would be split into its characters, a set has no order, and an array
        is more likely the one argument than all of them.
    """
    single = (str, bytes, bytearray, memoryview)
    if isinstance(args, single) or not isinstance(args, Sequence):
        expected = "a tuple or list of arguments, such as (x,) for one"
        raise wrong_type("args", expected, args)
    if kwargs is None:
        return tuple(args), {}
    if not isinstance(kwargs, Mapping):
        raise wrong_type("kwargs", "a dict of names and arguments", kwargs)
    for name in kwargs:
        if not isinstance(name, str):
            raise wrong_type("kwargs", "a dict with text as names", name)
    return tuple(args), dict(kwargs)
