"""The command line: ``boxed`` and ``python -m boxed``."""

from __future__ import annotations

import argparse
import sys

from ._bench import short
from ._cli import run
from ._doctor import report
from ._install import plan
from ._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "run": (run, "call a function in a sandbox, print its value"),
    "doctor": (
        report,
        "say what this machine can enforce, and what mends it",
    ),
    "bench": (short, "measure a call on this machine, beside its peers"),
    "setup": (plan, "install the launcher with its capabilities (root)"),
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
