"""Where the time of a call goes: python -m bench.stages [TIER].

Builds a copy of boxed with stages.c linked in, runs staged.py with it, and
gives the medians of when each step starts and how long it takes.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
from collections import defaultdict
from pathlib import Path

from . import report
from .place import CHECKOUT, Place, make_place, ordinary_ids
from .rows import TIERS

SOURCE = CHECKOUT / "bench" / "stages.c"


def _wraps(source: str) -> list[str]:
    """The linker's options for the functions that have a stamp."""
    stamped = re.compile(
        r"^WRAP\([^,]*,\s*(\w+)|^WRAP_VOID\(\s*(\w+)|__real_([a-z]\w+)", re.M
    )
    found = {name for match in stamped.findall(source) for name in match}
    return [f"-Wl,--wrap={name}" for name in sorted(found - {""})]


def _sources(*folders: str) -> list[str]:
    return [
        str(path)
        for folder in folders
        for path in sorted((CHECKOUT / "src" / folder).rglob("*.c"))
    ]


def build(place: Place) -> Path:
    """A package directory with the stamped copy; returns it."""
    staged = place.packages / "staged"
    skip = shutil.ignore_patterns("*.so", "python_boxed")
    shutil.copytree(place.packages / "boxed", staged / "boxed", ignore=skip)
    text = SOURCE.read_text()
    middle = text.index('#include "extension/python/methods.h"')
    common = ["cc", "-std=c11", "-O2", "-D_GNU_SOURCE", str(SOURCE)]
    common += [f"-I{CHECKOUT / 'src'}"]
    shared = _sources("shared", "confine")
    launcher = [*common, "-DSTAGES_LAUNCHER", "-static", *shared]
    launcher += [*_sources("launcher"), *_wraps(text[:middle])]
    name = f"_boxed{sysconfig.get_config_var('EXT_SUFFIX')}"
    extension = [*common, "-fPIC", "-shared", *shared]
    extension += _sources("extension")
    extension += [f"-I{sysconfig.get_paths()['include']}"]
    extension += _wraps(text[middle:])
    to = staged / "boxed"
    subprocess.run([*launcher, "-o", to / "python_boxed", "-lcap"], check=True)
    subprocess.run([*extension, "-o", to / name, "-lcap"], check=True)
    return staged


def sample(place: Place, staged: Path, tier: str, rounds: int):
    program = place.packages / "bench" / "staged.py"
    done = subprocess.run(
        [place.interpreter, "-s", "-S", program, staged, tier, str(rounds)],
        cwd="/",
        env={},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        **(ordinary_ids() if TIERS[tier] else {}),
    )
    return json.loads(done.stdout)


def undisturbed(calls, origin: str):
    """The fastest quarter: on a busy machine the others waited for a core."""

    def length(stamps):
        starts = {name: start for _, name, start, _ in stamps}
        return starts["close the call"] - starts[origin]

    return sorted(calls, key=length)[: max(3, len(calls) // 4)]


def medians(calls, origin: str):
    """[who, step, starts at, takes] in nanoseconds, in order of time."""
    calls = undisturbed(calls, origin)
    starts, spans = defaultdict(list), defaultdict(list)
    for stamps in calls:
        (zero,) = (start for _, name, start, _ in stamps if name == origin)
        seen: dict[tuple[str, str], int] = defaultdict(int)
        for who, name, start, end in stamps:
            seen[who, name] += 1
            key = who, name, seen[who, name]
            starts[key].append(start - zero)
            spans[key].append(max(0, end - start))
    middle = statistics.median
    rows = [
        [*key[:2], middle(starts[key]), middle(spans[key])]
        for key in starts
        # Steps that only some calls have are no step of a call.
        if len(starts[key]) * 2 > len(calls)
    ]
    return sorted(rows, key=lambda row: row[2])


def measure(place: Place, tier: str = "full", starts: int = 20):
    """The steps of a cold first call and of a warm one."""
    staged = build(place)
    cold, warm = [], []
    for _ in range(starts):
        found = sample(place, staged, tier, 10)
        cold.append(found["first"])
        warm += found["later"]
    return {
        "tier": tier,
        "cold": medians(cold, "begin"),
        "warm": medians(warm, "whole call"),
    }


def main() -> None:
    place = make_place()
    try:
        found = measure(place, *sys.argv[1:2])
    finally:
        place.close()
    for part in ("cold", "warm"):
        print(report.stage_table(part, found))


if __name__ == "__main__":
    main()
