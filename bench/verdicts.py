"""The targets of docs/performance.rst, and whether the numbers meet them."""

from __future__ import annotations

from dataclasses import dataclass

from boxed._bench.calls import KINDS, PLAIN
from boxed._bench.table import duration, grid

from .rows import TIERS

HEADER = ["what", "target", "full tier", "worst", "worst of p10", ""]
TITLE = "Beside the targets"


@dataclass(frozen=True)
class Target:
    """What a ratio is to be.

    :ivar rows: the keys of the rows that show it; the full tier's is first.
    :ivar text: the target, for people.
    :ivar limit: the highest ratio that meets it.
    :ivar name: of the contender; without it, that of each tier.
    :ivar to: what its median is compared with, where that is not the row's
        reference.
    :ivar slack: nanoseconds that it may take more than the limit says.
    """

    what: str
    text: str
    limit: float
    rows: tuple[str, ...]
    name: str = ""
    to: str = ""
    slack: int = 0


def each_tier(key: str) -> tuple[str, ...]:
    return tuple(f"{key}-{tier}" for tier in TIERS)


POOL, BARE = "{} of the pool", "python -I -S -c pass"
TARGETS = (
    Target("warm call, ten in a row", POOL.format(0.8), 0.8, ("warm",)),
    Target("warm call, after a pause", POOL.format(0.8), 0.8, ("paused",)),
    Target("cold first call", "bare + 5 ms", 1, ("cold",), slack=5_000_000),
    Target(
        "cold first call",
        "less than in bwrap",
        1.0,
        ("cold",),
        to=f"bwrap {BARE}",
    ),
    Target("saturated", "1.25 of fork + exit", 1.25, ("saturated",)),
    *(
        Target(f"{mib} MiB of bytes", POOL.format(0.5), 0.5, (f"bytes{mib}",))
        for mib in (1, 16, 60, 256)
    ),
    Target("256 MiB in an array", POOL.format(0.5), 0.5, ("array256",)),
    Target(
        "256 MiB in an array",
        "1.5 of memcpy",
        1.5,
        ("array256",),
        to="memcpy, fresh memory",
    ),
    *(
        Target(
            f"{mib} MiB as an argument",
            POOL.format(0.5),
            0.5,
            (f"argument{mib}",),
        )
        for mib in (16, 60)
    ),
    Target(
        "60 MiB array as an argument",
        POOL.format(0.5),
        0.5,
        ("argumentarray60",),
    ),
    *(
        Target(
            f"a call that {kind}",
            "1.3 of plain",
            1.3,
            each_tier("kinds"),
            kind,
        )
        for kind in KINDS
        if kind != PLAIN
    ),
    Target("with numpy", "2 of plain", 2.0, ("numpy",), "with numpy, {}"),
    Target("with pandas", "2 of plain", 2.0, ("numpy",), "with pandas, full"),
    *(
        Target(f"map, chunks of {n:,}", POOL.format(1), 1.0, (f"map{n}",))
        for n in (100, 1000, 10000)
    ),
    *(
        Target(
            f"{callers} callers at once",
            "1 of one caller",
            1.0,
            each_tier("share"),
            f"{callers} at once",
        )
        for callers in (8, 64, 1000)
    ),
    Target(
        "after 100,000 calls",
        "flat (1.1)",
        1.1,
        ("growth-full",),
        "after 100,000 calls",
    ),
    Target(
        "caller of 4 GiB, 200 threads",
        "flat (1.1)",
        1.1,
        each_tier("growth"),
        "caller with 4 GiB and 200 threads",
    ),
    Target(
        "a MiB of 256, as of 16",
        "linear (1.0)",
        1.0,
        each_tier("linear"),
        "256 MiB",
    ),
)


def contenders(target: Target, rows):
    """Pairs of contender and reference that show it."""
    for key in target.rows:
        row = rows.get(key)
        if row is None:
            continue
        found = row["contenders"]
        base = found[target.to or row["reference"]]
        name = target.name or "boxed, {}"
        names = [name.format(tier) for tier in TIERS]
        for each in dict.fromkeys(names):
            if "p50_ns" in found.get(each, {}) and "p50_ns" in base:
                yield found[each], base


def ratio(target: Target, found, base) -> float:
    if target.to or target.slack or "ratio" not in found:
        return found["p50_ns"] / base["p50_ns"]
    return found["ratio"]


def line(target: Target, rows) -> list[str]:
    """Its line of the table."""
    pairs = list(contenders(target, rows))
    if not pairs:
        return [target.what, target.text, *"---", "not measured"]
    ratios = [ratio(target, *pair) for pair in pairs]
    tenths = max(found["p10_ns"] / base["p10_ns"] for found, base in pairs)
    met = all(
        each <= target.limit + target.slack / base["p50_ns"]
        for each, (_, base) in zip(ratios, pairs)
    )
    values = [f"{each:.2f}" for each in (ratios[0], max(ratios), tenths)]
    return [target.what, target.text, *values, "" if met else "missed"]


def other_lines(results):
    """What is not a ratio of times."""
    memory = [
        found["worker_pss"] / 2**20
        for found in results.get("memory", {}).values()
        if "missing" not in found
    ]
    if memory:
        values = [f"{each:.2f}" for each in (memory[0], max(memory))]
        met = "" if max(memory) <= 1.5 else "missed"
        yield ["memory of a live worker", "1.5 MiB", *values, "-", met]
    live = results.get("live", {})
    if "each" in live:
        size = live["each"] * live["sandboxes"] / 2**30
        last = duration(live["last_ns"])
        yield [
            f"{live['sandboxes']:,} live sandboxes",
            f"last starts in {last}",
            f"{size:.1f} GiB",
            *"--",
            "",
        ]
    speeds = [
        one["theirs_ns"] / one["ours_ns"]
        for one in results.get("decoder", {}).values()
    ]
    if speeds:
        met = "" if min(speeds) >= 0.8 else "missed"
        lowest = f"{min(speeds):.2f}"
        yield ["reading results", "0.8 of the speed", "-", lowest, "-", met]


def table(results) -> str:
    """Every target beside what was measured."""
    lines = [line(target, results["rows"]) for target in TARGETS]
    lines += other_lines(results)
    text = f"{TITLE}\n{'^' * len(TITLE)}\n\n"
    text += "Ratios of time; the pool is ProcessPoolExecutor.  *worst* is the"
    text += " worst\ntier's, and what the verdict is about.\n\n"
    return text + grid(HEADER, lines)
