"""Numbers as reStructuredText: ``python -m bench.report JSON`` writes them
into docs/performance.rst.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from boxed._bench.table import HEADER, cells, duration, grid

from . import plot, verdicts

BEGIN, END = ".. bench: begin\n", ".. bench: end\n"


def table(row) -> str:
    """One row's contenders under its title."""
    base = row["contenders"][row["reference"]]
    lines = []
    for name, found in row["contenders"].items():
        lines.append([name, *cells(found, base)])
    text = f"{row['title']}\n{'^' * len(row['title'])}\n\n"
    text += f"Ratios are to: {row['reference']}."
    text += f" Target: {row['target']}.\n\n" if row["target"] else "\n\n"
    return text + grid(HEADER, lines) + missing(row["contenders"])


def missing(found) -> str:
    """A line for each that could not take part, with the reason."""
    return "".join(
        f"\nMissing: {name}: {one['missing']}.\n"
        for name, one in found.items()
        if "missing" in one
    )


def mebibytes(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"


def memory_table(memory) -> str:
    """What sandboxes weigh."""
    title = "Memory of a sandbox"
    lines = []
    for tier, found in memory.items():
        if "missing" in found:
            lines.append([tier, "missing", "-", "-", "-"])
            continue
        lines.append(
            [
                tier,
                str(found["idle_processes"]),
                mebibytes(found["idle_pss"]),
                mebibytes(found["worker_pss"]),
                mebibytes(found["worker_private"]),
            ]
        )
    header = ["tier", "processes", "idle, PSS", "worker, PSS", "its own pages"]
    text = f"{title}\n{'^' * len(title)}\n\n"
    text += "Target: at most 1.5 MiB PSS for a live worker.\n\n"
    return text + grid(header, lines) + missing(memory)


def live_text(found) -> str:
    """Many sandboxes at once, in a sentence."""
    title = "Many live sandboxes"
    text = f"{title}\n{'^' * len(title)}\n\n"
    if "missing" in found:
        return text + f"Missing: {found['missing']}.\n"
    first, last = (duration(found[f"{key}_ns"]) for key in ("first", "last"))
    return text + (
        f"{found['sandboxes']} live ones, full tier, take"
        f" {mebibytes(found['each'])} of the machine's memory each,\nwith what"
        " the kernel keeps for them.  From its start to its value one takes"
        f"\n{first} among the first hundred, {last} among the last.\n"
    )


def decoder_table(found) -> str:
    """Readers of results against the standard ones."""
    title = "Reading results"
    lines = []
    for name, one in found.items():
        ours, theirs = one["ours_ns"], one["theirs_ns"]
        ratio = f"{theirs / ours:.2f}"
        lines.append([name, duration(ours), duration(theirs), ratio])
    text = f"{title}\n{'^' * len(title)}\n\n"
    text += "Their speed as a part of the standard reader's. Target: 0.8.\n\n"
    return text + grid(["result", "boxed", "standard", "speed"], lines)


def heading(machine) -> str:
    packages = ", ".join(f"{k} {v}" for k, v in machine["packages"].items())
    cores, kind = machine["cores"], machine["architecture"]
    return (
        f"Measured on {cores} cores ({kind}, {machine['memory_gib']} GiB, load"
        f" {machine['load']} from\nother work at the start),"
        f" Linux {machine['kernel']}, C{machine['python']};\n{packages}.\n"
    )


def write_docs(docs: Path, results) -> None:
    """Replace what is between the markers of docs/performance.rst."""
    page = docs / "performance.rst"
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    parts = [heading(results["machine"])]
    parts += [table(row) for row in results["rows"].values()]
    if "memory" in results:
        parts.append(memory_table(results["memory"]))
    if "live" in results:
        parts.append(live_text(results["live"]))
    if "decoder" in results:
        parts.append(decoder_table(results["decoder"]))
    if "warm" in results["rows"]:
        svg = plot.dots(results["rows"]["warm"])
        (docs / "performance.svg").write_text(svg)
        figure = ".. image:: performance.svg\n   :alt: a warm call, p10 to p90"
        parts.insert(1, figure + "\n")
    if "stages" in results:
        found = results["stages"]
        parts += [stage_table("warm", found), stage_table("cold", found)]
    parts.append(verdicts.table(results))
    text = "\n".join(parts)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def stage_table(part: str, found) -> str:
    """When each step of a call starts and how long it takes."""
    what = {"cold": "The steps of a cold first call",
            "warm": "The steps of a warm call"}  # fmt: skip
    title = f"{what[part]}, tier {found['tier']}"
    lines = [
        [who, name, f"{start / 1e6:.2f}", f"{span / 1e6:.2f}" if span else ""]
        for who, name, start, span in found[part]
    ]
    header = ["process", "step", "starts at, ms", "takes, ms"]
    return f"{title}\n{'^' * len(title)}\n\n{grid(header, lines)}"


if __name__ == "__main__":
    write_docs(Path("docs"), json.loads(Path(sys.argv[1]).read_text()))
