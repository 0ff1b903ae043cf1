"""``boxed doctor``: what this machine enforces, and what mends the rest."""

from __future__ import annotations

import sys

from .._options import ISOLATIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

_EPILOG = """\
exit status:
  0  the full tier works: every wall stands
  1  a lesser tier is used; what is missing is listed
  2  no tier is used on its own: calls fail that do not name one that works

exit status with --attack:
  0  every attempt held, or could not be judged here, which is listed
  2  there is no tier to attack, or wrong usage
  4  an attempt broke out
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``boxed doctor``."""
    import argparse

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Try each tier on this machine and list its walls."
    parser.epilog = _EPILOG
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object instead"
    )
    parser.add_argument(
        "--attack",
        action="store_true",
        help="then try to break out of the tier in use, each time after"
        " showing that the attempt works outside the sandbox; some seconds",
    )
    parser.add_argument(
        "--isolation",
        choices=ISOLATIONS,
        default="auto",
        metavar="TIER",
        help="with --attack: full, uid, rootless or landlock, in place of the"
        " tier in use",
    )


def main(args: argparse.Namespace) -> int:
    """Carry out ``boxed doctor`` and return its exit status."""
    if args.isolation != "auto" and not args.attack:
        print("boxed doctor: --isolation goes with --attack", file=sys.stderr)
        return 2
    from .._doctor.report import report

    return report(args.isolation, attack=args.attack, as_json=args.json)
