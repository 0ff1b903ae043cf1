"""``boxed bench``: a call on this machine's tiers, beside its peers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

_EPILOG = """\
A warm call comes after a pause, as those of a service do. A ratio is the
median of the rounds' ratios to the first line of its table, with quartiles as
its spread. Peers but bubblewrap isolate nothing.

exit status:
  0  some tier was measured
  2  no tier works here, which boxed doctor explains, or wrong usage
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``boxed bench``."""
    import argparse

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Measure a call on every tier that works here, and its peers."
    )
    parser.epilog = _EPILOG
    parser.add_argument(
        "--rounds",
        type=_positive,
        default=20,
        metavar="N",
        help="turns that everybody takes; 20 take about a minute",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object instead"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main(args: argparse.Namespace) -> int:
    """Carry out ``boxed bench`` and return its exit status."""
    from .._bench.short import report

    return report(args.rounds, as_json=args.json)
