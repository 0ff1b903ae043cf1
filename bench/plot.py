"""One row as an SVG: a line from p10 to p90 and a dot at the median."""

from __future__ import annotations

import math
from html import escape

LEFT, WIDTH, STEP, TOP = 230, 460, 24, 34
OURS, THEIRS = "#c2410c", "#475569"


def dots(row) -> str:
    """The row's contenders, fastest first, on a logarithmic axis."""
    found = {
        name: one
        for name, one in row["contenders"].items()
        if "missing" not in one
    }
    ordered = sorted(found.items(), key=lambda item: item[1]["p50_ns"])
    low = math.floor(math.log10(min(one["p10_ns"] for one in found.values())))
    high = math.ceil(math.log10(max(one["p90_ns"] for one in found.values())))

    def x(nanoseconds: float) -> float:
        share = (math.log10(nanoseconds) - low) / (high - low)
        return LEFT + WIDTH * share

    height = TOP + STEP * (len(ordered) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 40}"'
        f' height="{height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="8" y="18" font-weight="bold">{escape(row["title"])}'
        " (p10, median, p90)</text>",
    ]
    for power in range(low, high + 1):
        parts.append(_axis(x(10**power), power, height))
    for index, (name, one) in enumerate(ordered):
        parts.append(_line(name, one, TOP + STEP * (index + 0.5), x))
    return "\n".join([*parts, "</svg>\n"])


def _axis(at: float, power: int, height: int) -> str:
    unit = ("ns", "us", "ms", "s")[power // 3]
    label = f"{10 ** (power % 3)} {unit}"
    return (
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 6}"'
        f' y2="{height - 20}" stroke="#ddd"/>'
        f'<text x="{at:.1f}" y="{height - 6}" text-anchor="middle">'
        f"{label}</text>"
    )


def _line(name: str, one, y: float, x) -> str:
    color = OURS if name.startswith("boxed") else THEIRS
    low, mid, high = (x(one[f"{key}_ns"]) for key in ("p10", "p50", "p90"))
    return (
        f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end"'
        f' fill="{color}">{escape(name)}</text>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}"'
        f' stroke="{color}" stroke-width="3"/>'
        f'<circle cx="{mid:.1f}" cy="{y:.1f}" r="5" fill="{color}"/>'
    )
