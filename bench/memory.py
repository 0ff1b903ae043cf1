"""What sandboxes weigh: proportional set sizes of their processes, in which a
page that several share counts for each by its share.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from .harness import Contender, Missing, Process
from .rows import TIERS

WORKERS = 8
SANDBOXES = 1000


def children_of(pid: int) -> list[int]:
    """Direct children, of every thread."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def descendants(pid: int) -> list[tuple[int, int]]:
    """(pid, depth) of all below, parents first."""
    found, level, depth = [], [pid], 0
    while level:
        depth += 1
        level = [child for one in level for child in children_of(one)]
        found += [(child, depth) for child in level]
    return found


def sizes(pid: int) -> tuple[int, int]:
    """PSS and private bytes; 0 for a process without memory (a zombie)."""
    pss = private = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        size = int(rest.split()[0]) * 1024
        pss += size if name == "Pss" else 0
        private += size if name.startswith("Private_") else 0
    return pss, private


def weigh(tier: str, place) -> dict[str, object]:
    """Bytes of an idle sandbox by role, and of a live worker."""
    contender = Contender(
        tier, "boxed_live", {"tier": tier, "workers": WORKERS}
    )
    contender = Contender(
        **{**vars(contender), "ordinary": TIERS[tier]},
    )
    try:
        process = Process(contender, place)
    except Missing as why:
        return {"missing": str(why)}
    try:
        # The factory's own call left sleepers behind.
        time.sleep(4)
        idle = descendants(process.pid)
        idle_sizes = {pid: sizes(pid) for pid, _ in idle}
        process.take(1)
        known = set(idle_sizes)
        live = [p for p, _ in descendants(process.pid) if p not in known]
        live_sizes = [sizes(pid) for pid in live]
        time.sleep(3)
    finally:
        process.close()
    return {
        "workers": len(live),
        "idle_processes": len(idle),
        "idle_pss": sum(pss for pss, _ in idle_sizes.values()),
        "zygote_pss": max(pss for pss, _ in idle_sizes.values()),
        "worker_pss": int(statistics.median(pss for pss, _ in live_sizes)),
        "worker_private": int(
            statistics.median(private for _, private in live_sizes)
        ),
    }


def available() -> int:
    """Bytes that the machine could still give to programs."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    raise LookupError


def many(place, tier: str = "full") -> dict[str, object]:
    """What so many live sandboxes take of the machine's memory."""
    contender = Contender(tier, "boxed_sandboxes", {"tier": tier})
    try:
        process = Process(contender, place)
    except Missing as why:
        return {"missing": str(why)}
    try:
        before = available()
        taken = process.take(SANDBOXES)
        return {
            "sandboxes": SANDBOXES,
            "each": (before - available()) // SANDBOXES,
            "first_ns": int(statistics.median(taken[:100])),
            "last_ns": int(statistics.median(taken[-100:])),
        }
    finally:
        process.close()


def measure(place) -> dict[str, object]:
    """By tier; root only, since the processes are not dumpable."""
    if os.geteuid() != 0:
        return {tier: {"missing": "needs root"} for tier in TIERS}
    return {tier: weigh(tier, place) for tier in TIERS}
