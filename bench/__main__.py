"""python -m bench: measures the rows, and writes JSON, a table and a plot."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from . import decoder, harness, memory, merge, report, rows, stages
from .place import CHECKOUT, make_place

#: What is measured in other ways than rows.
PARTS = ("memory", "live", "decoder", "stages")
KEYS = [*(row.key for row in rows.ROWS), *PARTS]


def machine(place) -> dict[str, object]:
    """What kind of machine it is; nothing that would identify it."""
    packages = {}
    for name in ("boxed", "numpy", "loky", "pebble"):
        try:
            packages[name] = metadata.version(name)
        except ImportError:
            packages[name] = "not installed"
    return {
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        ),
        "kernel": ".".join(os.uname().release.split("-")[0].split(".")[:2]),
        # Not this process's own: contenders may run on another build.
        "python": subprocess.run(
            [place.interpreter, "-V"], capture_output=True, text=True
        ).stdout.strip(),
        "load": round(os.getloadavg()[0], 1),
        "root": os.geteuid() == 0,
        "packages": packages,
    }


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Compare boxed with its peers."
    )
    parser.add_argument(
        "--only", nargs="+", choices=KEYS, metavar="ROW", help=", ".join(KEYS)
    )
    parser.add_argument(
        "--short", action="store_true", help="few rows, few rounds"
    )
    parser.add_argument(
        "--json", type=Path, help="where the numbers go", metavar="FILE"
    )
    parser.add_argument(
        "--docs",
        action="store_true",
        help="put table and plot into docs/performance.rst; with --only,"
        " those tables and what they say of the targets",
    )
    arguments = parser.parse_args()
    if arguments.docs and arguments.short:
        parser.error("--docs takes rows with all their rounds")
    parts = set(arguments.only or ()) & set(PARTS)
    if arguments.docs and parts:
        parser.error(f"--docs takes {', '.join(sorted(parts))} with all rows")
    return arguments


def wanted(arguments) -> list[str]:
    if arguments.only:
        return arguments.only
    if arguments.short:
        return list(rows.SHORT)
    return KEYS


def run_rows(keys, short, place, results):
    """Results by row, each printed when it is there."""
    for row in rows.ROWS:
        if row.key not in keys:
            continue
        rounds = max(5, row.rounds // 4) if short else row.rounds
        found = harness.compare(row.contenders, row.reference, rounds, place)
        results[row.key] = {
            "title": row.title,
            "reference": row.reference,
            "target": row.target,
            "limit": row.limit,
            "contenders": found,
        }
        print(report.table(results[row.key]), flush=True)


def main() -> int:
    arguments = options()
    keys = wanted(arguments)
    place = make_place()
    results = {"machine": machine(place), "rows": {}}
    try:
        if not place.shared:
            print("the interpreter is readable to root only", file=sys.stderr)
        run_rows(keys, arguments.short, place, results["rows"])
        if "memory" in keys:
            results["memory"] = memory.measure(place)
            print(report.memory_table(results["memory"]))
        if "live" in keys:
            results["live"] = memory.many(place)
            print(report.live_text(results["live"]))
        if "decoder" in keys:
            results["decoder"] = decoder.measure()
            print(report.decoder_table(results["decoder"]))
        if "stages" in keys:
            tier = "full" if os.geteuid() == 0 else "rootless"
            results["stages"] = stages.measure(place, tier)
    finally:
        place.close()
        # What there is, also of a run that was broken off.
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.docs:
        write = merge.write_docs if arguments.only else report.write_docs
        write(CHECKOUT / "docs", results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
