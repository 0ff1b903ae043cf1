"""The table that ``boxed bench`` prints, a line for each contender."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

QUANTILES = ("p10", "p50", "p90", "p99")
HEADER = ["contender", *QUANTILES, "ratio", "spread", "of p10"]


def cells(
    found: Mapping[str, Any], base: Mapping[str, Any] | None
) -> list[str]:
    """A contender's line of a table, after its name."""
    if "missing" in found:
        return ["missing", *"------"]
    line = [duration(found[f"{key}_ns"]) for key in QUANTILES]
    if base is None or "ratio" not in found:
        return [*line, *"---"]
    line.append(f"{found['ratio']:.2f}")
    line.append(f"{found['ratio_low']:.2f}-{found['ratio_high']:.2f}")
    line.append(f"{found['p10_ns'] / base['p10_ns']:.2f}")
    return line


def duration(nanoseconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1e9), ("ms", 1e6)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds / 1e3:.3g} us"


def grid(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A simple table of reStructuredText, which reads well as it is; the
    first column is what the others are about."""
    widths = [max(map(len, column)) for column in zip(header, *lines)]
    rule = "  ".join("=" * width for width in widths)

    def line(row: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(row, widths))
        return "  ".join(padded).rstrip()

    body = "\n".join(map(line, lines))
    return f"{rule}\n{line(header)}\n{rule}\n{body}\n{rule}\n"
