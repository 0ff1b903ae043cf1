"""The command line: ``boxed`` and ``python -m boxed``."""

from __future__ import annotations

import argparse
import sys

from ._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Each has a file in _cli, which is imported for no other.
_COMMANDS = {
    "run": "call a function in a sandbox, print its value",
    "exec": "run a script in a sandbox, as python would run it",
    "doctor": "say what this machine can enforce, and what mends it",
    "bench": "measure a call on this machine, beside its peers",
    "setup": "install the launcher with its capabilities (root)",
}


def _parser(command: str | None) -> argparse.ArgumentParser:
    """With the arguments of one command."""
    parser = argparse.ArgumentParser(
        prog="boxed",
        description="Run untrusted Python functions in a Linux sandbox.",
    )
    parser.add_argument(
        "--version", action="version", version=f"boxed {__version__}"
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True
    )
    for name, summary in _COMMANDS.items():
        # An abbreviated grant would be one that was guessed.
        one = commands.add_parser(name, help=summary, allow_abbrev=False)
        if name == command:
            from importlib import import_module

            module = import_module(f"boxed._cli.{name}")
            module.add_arguments(one)
            one.set_defaults(main=module.main)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the process's exit status.

    :param argv: the arguments after the program's name; None for
        ``sys.argv``.
    """
    words = sys.argv[1:] if argv is None else argv
    command = next((word for word in words if word[:1] != "-"), None)
    args = _parser(command).parse_args(words)
    status: int = args.main(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
