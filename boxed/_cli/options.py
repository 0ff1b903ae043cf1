"""What a command line gives of the options of a call."""

from __future__ import annotations

import sys

from .._limits import LIMITS, Limits
from .._policy import declared
from .._policy.checks import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import IO, Any

    from .._policy.declared import Option


def options_of(
    args: argparse.Namespace, table: Mapping[str, Option]
) -> dict[str, Any]:
    """The options of a table, and the limits.

    :raises ValueError: one has an impossible value.
    :raises OSError: a file that one names cannot be opened.
    """
    given = declared.taken_arguments(args, table)
    pairs = [one.partition("=") for one in given.pop("env", ())]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"--env takes NAME=VALUE, not {shown(name)}")
    given["env"] = {name: value for name, _, value in pairs}
    if "stdin" in given:
        given["stdin"] = _opened(given["stdin"])
    given["limits"] = Limits(**declared.taken_arguments(args, LIMITS))
    return given


def _opened(path: str) -> IO[bytes]:
    """What --stdin names; it is open until the command ends."""
    return sys.stdin.buffer if path == "-" else open(path, "rb")
