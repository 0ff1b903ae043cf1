"""The command line: ``boxed`` and ``python -m boxed``."""

from __future__ import annotations

import argparse
import sys

from . import _bench, _command_run, _doctor, _setup
from ._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "run": (_command_run, "call a function in a sandbox, print its value"),
    "doctor": (
        _doctor,
        "say what this machine can enforce, and what mends it",
    ),
    "bench": (_bench, "measure a call on this machine, beside its peers"),
    "setup": (_setup, "install the launcher with its capabilities (root)"),
}


def _parser() -> argparse.ArgumentParser:
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
    for name, (module, summary) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        module.add_arguments(command)
        command.set_defaults(main=module.main)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the process's exit status.

    :param argv: the arguments after the program's name; None for
        ``sys.argv``.
    """
    args = _parser().parse_args(argv)
    status: int = args.main(args)
    return status


if __name__ == "__main__":
    sys.exit(main())
