"""The table of the catalogue's cases: which tests held each, on which tier.

`pytest --cases docs/cases.rst tests` writes it; see docs/security.rst.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from environments import RECIPES
from security import applicability

TIERS = ("full", "uid", "rootless", "landlock")
NUMBERS = dict(enumerate(TIERS, 1))

# Why one tier is enough for a family of cases.
ONE_TIER = {
    "P-L": "the launcher is one program; what it does is the same up to the"
    " step at which tiers part",
    "P-E": "what is inherited is reset before tiers part",
    "P-V": "callers replace what died in the same way on every tier",
    "P-C": "answers are read in the caller, which knows no tier",
}

HEAD = """\
.. Written by the test run: pytest --cases docs/cases.rst

A number is how many tests of the case held on that tier, each beside its
control; a letter is why there is none.

"""


class Cases:
    """A plugin: collects outcomes, writes the table at the end."""

    def __init__(self, config, path: Path) -> None:
        # Of a run in several processes, one is told what all of them did.
        self.is_worker = hasattr(config, "workerinput")
        self.path = path
        self.held: dict[tuple[str, str], int] = defaultdict(int)
        self.broken: set[tuple[str, str]] = set()

    def pytest_collection_modifyitems(self, items) -> None:
        for item in items:
            for mark in item.iter_markers("case"):
                cell = (mark.args[0], tier_of(item))
                item.user_properties.append(("case", cell))

    def pytest_runtest_logreport(self, report) -> None:
        for name, cell in report.user_properties:
            if name != "case":
                continue
            if report.failed:
                self.broken.add(tuple(cell))
            elif report.when == "call" and report.passed:
                self.held[tuple(cell)] += 1

    def pytest_sessionfinish(self) -> None:
        if not self.is_worker:
            self.path.write_text(HEAD + table(self.held, self.broken))


def tier_of(item) -> str:
    """The tier that a test ran on, from its parameters."""
    callspec = getattr(item, "callspec", None)
    params = callspec.params if callspec is not None else {}
    for name, value in params.items():
        if isinstance(value, str) and value in RECIPES:
            return RECIPES[value].tier
        if name == "tier" and value in NUMBERS:
            return NUMBERS[value]
    return "full"


def reasons() -> dict[str, str]:
    """Letters for why a cell is empty."""
    return {
        chr(ord("a") + index): why
        for index, why in enumerate(ONE_TIER.values())
    }


def cell_text(case: str, tier: str, held, broken) -> str:
    if (case, tier) in broken:
        return "BROKEN"
    if held.get((case, tier)):
        return str(held[case, tier])
    for letter, family in zip(reasons(), ONE_TIER):
        if case.startswith(family):
            return letter
    return "-"


def table(held, broken) -> str:
    """All cases as a simple table, and below it what its letters mean."""
    cases = sorted({case for case, _ in (*held, *broken)})
    rows = [
        [case, *(cell_text(case, tier, held, broken) for tier in TIERS)]
        for case in cases
    ]
    widths = [max(map(len, column)) for column in zip(["case", *TIERS], *rows)]
    rule = "  ".join("=" * width for width in widths)
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths))
        for row in (["case", *TIERS], *rows)
    ]
    text = [rule, lines[0].rstrip(), rule]
    text += [line.rstrip() for line in lines[1:]]
    text += [rule, ""]
    text += [f"{letter}: {why}." for letter, why in reasons().items()]
    text += ["", "Not held by design:", ""]
    for one in applicability.NOT_APPLICABLE:
        text.append(
            f"* {one.case}, {', '.join(one.attempts)}, in"
            f" {', '.join(one.tiers)}: {one.why}."
        )
    return "\n".join(text) + "\n"
