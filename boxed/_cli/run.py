"""``boxed run math:sqrt 4``: one call from a shell."""

from __future__ import annotations

import json
import os
import sys

from .._calls import timing
from .._errors import BoxedError, CallTimeout, RemoteError, SetupError
from .._guest import by_name
from .._limits import LIMITS
from .._options import OPTIONS
from .._policy import declared, import_places
from .._policy.checks import shown
from .._policy.installation import PACKAGE
from .._run import run
from .options import options_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

_PARENT = os.path.dirname(PACKAGE)
_EPILOG = """\
exit status:
  0    the function returned; its value is on stdout, as JSON where it can be
  1    the function raised, or its worker died
  2    wrong usage
  3    the sandbox could not be set up
  124  --timeout passed
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``boxed run``."""
    import argparse

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Call MODULE:FUNCTION in a sandbox. The module is imported inside it"
        " only."
    )
    parser.epilog = _EPILOG
    parser.add_argument("function", metavar="MODULE:FUNCTION")
    parser.add_argument(
        "args", metavar="ARGUMENT", nargs="*", help="one value in JSON each"
    )
    parser.add_argument(
        "--kwargs", metavar="JSON", default="{}", help="a JSON object"
    )
    declared.add_arguments(parser, OPTIONS)
    declared.add_arguments(parser, LIMITS)
    parser.add_argument(
        "--timing",
        action="store_true",
        help="print to stderr how long each step of the call takes",
    )


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not standard JSON")


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        status = _usage(f"{what} {shown(text)} is not JSON: {error}")
        raise SystemExit(status) from None


def _usage(message: str) -> int:
    print(f"boxed run: {message}", file=sys.stderr)
    return 2


def _print(value: Any) -> None:
    try:
        print(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        print(repr(value))


def main(args: argparse.Namespace) -> int:
    """Carry out ``boxed run`` and return its exit status."""
    module, _, name = args.function.partition(":")
    if not module or not name:
        return _usage(f"{args.function!r} is not MODULE:FUNCTION")
    values = [_json(text, "argument") for text in args.args]
    kwargs = _json(args.kwargs, "--kwargs")
    if not isinstance(kwargs, dict):
        return _usage("--kwargs is not a JSON object")
    try:
        options: dict[str, Any] = options_of(args, OPTIONS)
    except (TypeError, ValueError, OSError) as error:
        return _usage(str(error))
    # As for `python -m`: modules of the current directory can be named.
    if os.path.isdir("."):
        sys.path.insert(0, os.getcwd())
    # A namespace package is shown where it is asked for.
    import_places.also_find(module.partition(".")[0])
    steps = timing.record_steps() if args.timing else []
    try:
        value = run(
            by_name.call,
            (args.function, values, kwargs),
            **options,
        )
    except (BoxedError, OSError, ValueError, ImportError) as error:
        return _report(error)
    finally:
        _print_steps(steps)
    _print(value)
    return 0


def _print_steps(steps: timing.Steps) -> None:
    """Each step with the milliseconds until it was done, and its own."""
    lines = []
    for (_, before), (step, at) in zip(steps, steps[1:]):
        spans = (at - steps[0][1], at - before)
        lines.append([step, *(f"{span / 1e6:.2f}" for span in spans)])
    if lines:
        header = ["step", "done at, ms", "takes, ms"]
        from .._bench.table import grid

        print(grid(header, lines), end="", file=sys.stderr)
        print(
            "before them, in any program: import boxed,"
            f" {_import_time() / 1e6:.2f} ms in an interpreter of its own",
            file=sys.stderr,
        )


def _import_time() -> int:
    """Nanoseconds of ``import boxed`` where nothing is imported yet."""
    from subprocess import run as run_program

    code = (
        f"import sys, time; sys.path.append({_PARENT!r});"
        " start = time.monotonic_ns(); import boxed;"
        " print(time.monotonic_ns() - start)"
    )
    command = [sys.executable, "-c", code]
    done = run_program(command, capture_output=True, check=True)
    return int(done.stdout)


def _report(error: Exception) -> int:
    if isinstance(error, RemoteError):
        print(error.traceback, end="", file=sys.stderr)
        return 1
    print(f"boxed run: {error}", file=sys.stderr)
    if isinstance(error, CallTimeout):
        return 124
    if isinstance(error, SetupError):
        return 3
    if isinstance(error, BoxedError):
        return 1
    # Of what the machine had none left of, and not of what was asked for.
    usage = not isinstance(error, OSError) or isinstance(
        error, (FileNotFoundError, PermissionError)
    )
    return 2 if usage else 3
