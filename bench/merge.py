"""Some rows' numbers put into the page beside those that are there.

Such a row says that it is of a run of its own; the verdicts about it are
taken anew, and the others stay.
"""

from __future__ import annotations

import re
from pathlib import Path

from boxed._bench.table import grid

from . import report, rows, verdicts

TITLE = re.compile(r"^([^\n]+)\n\^+\n", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """The parts of a page by their titles; what is before the first by ""."""
    found = [*TITLE.finditer(text)]
    starts = [0, *(one.start() for one in found), len(text)]
    titles = ["", *(one[1] for one in found)]
    return {
        title: text[start:end]
        for title, start, end in zip(titles, starts, starts[1:])
    }


def cells(line: str, rule: str) -> list[str]:
    """A line of a simple table, whose columns its rule shows."""
    spans = [one.span() for one in re.finditer("=+", rule)]
    # The last column may be longer than its rule.
    return [line[start:end].strip() for start, end in spans[:-1]] + [
        line[spans[-1][0] :].strip()
    ]


def verdict_table(old: str, results) -> str:
    """The old section with the lines that the results say more of."""
    rule = next(line for line in old.split("\n") if line.startswith("=="))
    head, _, rest = old.partition(rule + "\n")
    body = rest.partition(rule + "\n")[2].partition(rule)[0]
    lines = {
        tuple(each[:2]): each
        for each in (cells(line, rule) for line in body.splitlines())
    }
    for target in verdicts.TARGETS:
        line = verdicts.line(target, results["rows"])
        if line[-1] != "not measured":
            lines[line[0], line[1]] = line
    order = [(each.what, each.text) for each in verdicts.TARGETS]
    known = [lines.pop(key) for key in order if key in lines]
    return head + grid(verdicts.HEADER, [*known, *lines.values()])


def merge(old: str, results) -> str:
    """What is between the page's markers, with the results' rows in it."""
    have = sections(old)
    note = f"Of a run of its own, with load {results['machine']['load']}.\n"
    for row in results["rows"].values():
        have[row["title"]] = f"{report.table(row)}\n{note}\n"
    have[verdicts.TITLE] = verdict_table(have[verdicts.TITLE], results) + "\n"
    order = ["", *(row.title for row in rows.ROWS)]
    known = [have.pop(title) for title in order if title in have]
    return "".join([*known, *have.values()])


def write_docs(docs: Path, results) -> None:
    """Put the results' rows into docs/performance.rst."""
    page = docs / "performance.rst"
    before, _, rest = page.read_text().partition(report.BEGIN)
    old, _, after = rest.partition(report.END)
    text = merge(old, results)
    page.write_text(f"{before}{report.BEGIN}{text}{report.END}{after}")
