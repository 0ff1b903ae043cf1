"""What is declared once: options and limits, of which functions, command line
and documentation are made."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

_WIDTH = 79
_MIB = 1 << 20


class TypedDict:
    """In place of typing's, which takes longer to import than all of boxed.

    A type checker reads the other.
    """

    def __init_subclass__(cls, *, total: bool) -> None:
        """As typing's is told."""


def dataclass_transform(**how: object) -> Callable[[T], T]:
    """In place of typing's, which Python 3.9 has not, and for the same
    reason."""
    return lambda kind: kind


class Option:
    """One option of a function, or one limit.

    :ivar default: what it is where it is not given.
    :ivar check: from its name and a value to what is made of it; raises what
        a value that it cannot have does.
    :ivar text: what it means.
    :ivar argument: how argparse takes it on a command line; None if not.
    """

    __slots__ = ("argument", "check", "default", "text")

    def __init__(
        self,
        default: object,
        check: Callable[[str, Any], Any],
        text: str,
        argument: Mapping[str, Any] | None = None,
    ) -> None:
        self.default = default
        self.check = check
        self.text = text
        self.argument = argument


def given_options(
    function: str, options: Mapping[str, Any], table: Mapping[str, Option]
) -> dict[str, Any]:
    """The options of a call that are not as they are when not given.

    :param function: what they are options of, for the message.

    :raises TypeError: there is no such option.
    """
    given = {}
    for name, value in options.items():
        option = table.get(name)
        if option is None:
            raise _unknown(function, name, table)
        if value is not option.default:
            given[name] = value
    return given


def _unknown(
    function: str, name: str, table: Mapping[str, Option]
) -> TypeError:
    from difflib import get_close_matches

    near = get_close_matches(name, table, 1)
    hint = f"; did you mean {near[0]}=?" if near else ""
    return TypeError(f"{function} has no option {name!r}{hint}")


def documented(text: str | None, table: Mapping[str, Option]) -> str | None:
    """A docstring, with its line ``:options:`` replaced by what the table
    says of each.

    :param text: None where Python leaves docstrings out.
    """
    if text is None:
        return None
    before, _, after = text.partition(":options:")
    indent = before[len(before.rstrip(" ")) :]
    fields = [
        _wrapped(
            f":param {name}: {option.text}  Default: {shown(option.default)}.",
            indent,
        )
        for name, option in table.items()
    ]
    return before + f"\n{indent}".join(fields) + after


def shown(default: object) -> str:
    """A default for who reads of it; bytes as MiB where they are many."""
    if type(default) is int and default >= _MIB:
        return f"{default // _MIB} MiB"
    return repr(default)


def _wrapped(text: str, indent: str) -> str:
    # Not by textwrap, whose import takes longer than all else of boxed's.
    lines = [""]
    for word in text.split(" "):
        line = f"{lines[-1]} {word}" if lines[-1] else word
        # Between two spaces there is no word, and no line begins.
        if not word or len(indent) + len(line) <= _WIDTH:
            lines[-1] = line
        else:
            lines.append(f"    {word}")
    return f"\n{indent}".join(line.rstrip() for line in lines)


def add_arguments(parser: Any, table: Mapping[str, Option]) -> None:
    """Give a command line's parser what it can take of a table."""
    for name, option in table.items():
        if option.argument is not None:
            words = {"default": option.default, **option.argument}
            text = option.text.partition(";")[0].partition(".  ")[0]
            text = text.replace("``", "").rstrip(".")
            if words.get("action") == "append":
                words["default"] = None
                text += "; can be given again"
            elif words["default"] not in (None, False):
                text += f" (default: {shown(words['default'])})"
            text = words.pop("help", text)
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, help=text.replace("%", "%%"), **words)


def taken_arguments(
    arguments: Any, table: Mapping[str, Option]
) -> dict[str, Any]:
    """What a parsed command line gives of a table."""
    values = {
        name: getattr(arguments, name)
        for name, option in table.items()
        if option.argument is not None
    }
    return {name: one for name, one in values.items() if one is not None}
