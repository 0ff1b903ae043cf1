"""``boxed exec SCRIPT``: a script in a sandbox, from a shell."""

from __future__ import annotations

import os
import sys

from .._errors import BoxedError
from .._limits import LIMITS
from .._options import SOURCE_OPTIONS
from .._policy import declared
from .._source import run_source
from .options import options_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from .._outcome import Outcome

_EPILOG = """\
exit status:
  0    the script ran to its end
  N    it called sys.exit(N)
  1    it raised, and the traceback is on stderr
  2    wrong usage
  124  --timeout passed
  125  it reached a limit, or was lost
  126  the sandbox could not be set up
  128+N  signal N ended it
"""
#: By cause; of others the script is at fault, and said so itself.
_STATUSES = {"timeout": 124, "setup": 126}
#: The script ran to its end; nobody asked for its value.
_ENDED = ("returned", "unsafe_result", "serialization", "result")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``boxed exec``."""
    import argparse

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Run SCRIPT in a sandbox, as python runs it: with its arguments, the"
        " standard input of this command, unless that is a terminal, and its"
        " output. Options come before SCRIPT."
    )
    parser.epilog = _EPILOG
    declared.add_arguments(parser, SOURCE_OPTIONS)
    declared.add_arguments(parser, LIMITS)
    parser.add_argument(
        "script", metavar="SCRIPT", help="a file, or - for standard input"
    )
    parser.add_argument(
        "args", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="its own"
    )


def main(args: argparse.Namespace) -> int:
    """Carry out ``boxed exec`` and return its exit status."""
    try:
        source = _read(args.script)
        if args.script != "-":
            # Of what lies beside it the guest sees modules and packages.
            sys.path.insert(0, os.path.dirname(os.path.abspath(args.script)))
        options: dict[str, Any] = options_of(args, SOURCE_OPTIONS)
        if "stdin" not in options and args.script != "-":
            options["stdin"] = _own_input()
        for name in ("stdout", "stderr"):
            options[name] = _own_output(getattr(sys, name))
        outcome = run_source(
            source, filename=args.script, argv=args.args, **options
        )
    except (TypeError, ValueError, OSError) as error:
        print(f"boxed exec: {error}", file=sys.stderr)
        return 2
    except BoxedError as error:
        # More to read than may be sent.
        print(f"boxed exec: {error}", file=sys.stderr)
        return 125
    return _told(outcome)


def _read(script: str) -> bytes:
    if script == "-":
        return sys.stdin.buffer.read()
    with open(script, "rb") as file:
        return file.read()


def _own_input() -> Any:
    """Read to its end before the script runs, so not what is being typed."""
    return None if sys.stdin.isatty() else sys.stdin.buffer


def _own_output(stream: Any) -> Any:
    """Bytes as they are, but for a terminal, which they could steer."""
    return stream if stream.isatty() else stream.buffer


def _told(outcome: Outcome[Any]) -> int:
    """The exit status; what a script cannot say is said here."""
    sys.stdout.flush()
    cause, error = outcome.cause, outcome.exception
    if cause in _ENDED:
        return 0
    if cause == "exit" and outcome.exitcode is not None:
        return outcome.exitcode
    if cause == "raised":
        print(getattr(error, "traceback", ""), end="", file=sys.stderr)
        return 1
    print(f"boxed exec: {error}", file=sys.stderr)
    if outcome.signal is not None and cause == "signal":
        return 128 + outcome.signal
    return _STATUSES.get(cause, 125)
