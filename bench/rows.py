"""The rows: which contenders are compared, and the target of each row."""

from __future__ import annotations

from boxed._bench.calls import KINDS, PLAIN

from .harness import Contender
from .row import TIERS, Row, tiers

MIB = 1 << 20
POOL = Contender("ProcessPoolExecutor", "process_pool")

WARM = Row(
    "warm",
    "A warm call of sqrt(4), ten in a row",
    (
        *tiers("boxed", 10),
        POOL,
        Contender("loky", "loky"),
        Contender("pebble, pool", "pebble_pool"),
        Contender("pebble, fresh process", "pebble_process", block=3),
        Contender("multiprocessing forkserver", "forkserver", block=3),
        Contender("subprocess", "interpreter", block=2),
        Contender("bubblewrap", "bubblewrap", block=2),
        Contender("the 2017 design", "design_2017", block=2),
        Contender("socketpair round trip", "socket_round_trip"),
    ),
    POOL.name,
    target="at most 0.8 of ProcessPoolExecutor",
    limit=0.8,
)

PAUSED = Row(
    "paused",
    "A warm call of sqrt(4) after a pause of 20 ms",
    (
        *tiers("boxed", 5, pause=0.02),
        Contender("ProcessPoolExecutor", "process_pool", {"pause": 0.02}, 5),
    ),
    POOL.name,
    target="at most 0.8 of ProcessPoolExecutor",
    limit=0.8,
)

COLD = Row(
    "cold",
    "From `import boxed` to the first value, in a new program",
    (
        *tiers("boxed_cold", 2),
        Contender("python -I -S -c pass", "bare", block=2),
        Contender("bwrap python -I -S -c pass", "bare_in_bubblewrap", block=2),
    ),
    "python -I -S -c pass",
    rounds=20,
    target="at most python -I -S -c pass and 5 ms; less than in bwrap",
)

PROGRAM = Row(
    "program",
    "The same program as a whole, from exec to exit",
    (
        *tiers("boxed_program", 2),
        Contender("python -I -S -c pass", "bare", block=2),
        Contender("bwrap python -I -S -c pass", "bare_in_bubblewrap", block=2),
        Contender("the 2017 design, one call", "design_2017", block=2),
    ),
    "python -I -S -c pass",
    rounds=12,
)

IMPORT = Row(
    "import",
    "The import alone",
    (
        Contender("import boxed", "importing", {"module": "boxed"}, 2),
        Contender("import json", "importing", {"module": "json"}, 2),
        Contender(
            "import concurrent.futures.process",
            "importing",
            {"module": "concurrent.futures.process"},
            2,
        ),
    ),
    "import json",
    rounds=12,
)

SATURATED = Row(
    "saturated",
    "One core's time per call when all cores are busy",
    (
        *tiers("boxed_saturated", 1),
        Contender("fork and exit, bare interpreter", "fork_exit", block=1),
    ),
    "fork and exit, bare interpreter",
    rounds=9,
    target="at most 1.25 of fork and exit",
    limit=1.25,
)


def large(mib: int, array: bool = False) -> Row:
    size = mib * MIB
    options = {"result": size, "array": array}
    imports = ["numpy"] if array else []
    pool = Contender("ProcessPoolExecutor", "process_pool", options, block=1)
    return Row(
        f"{'array' if array else 'bytes'}{mib}",
        f"{mib} MiB {'in an array' if array else 'of bytes'} as the result",
        (
            *tiers("boxed", 1, imports=imports, **options),
            pool,
            Contender("memcpy, fresh memory", "copy_fresh", {"result": size}),
            Contender("memcpy, warm memory", "copy_warm", {"result": size}),
        ),
        pool.name,
        rounds=15 if mib < 60 else 9,
        target="at most 0.5 of ProcessPoolExecutor, 1.5 of memcpy",
        limit=0.5,
    )


def argument(mib: int, array: bool = False) -> Row:
    options = {"argument": mib * MIB, "array": array}
    imports = ["numpy"] if array else []
    pool = Contender("ProcessPoolExecutor", "process_pool", options, block=1)
    return Row(
        f"argument{'array' if array else ''}{mib}",
        f"{mib} MiB {'in an array' if array else 'of bytes'} as an argument",
        (*tiers("boxed", 1, imports=imports, **options), pool),
        pool.name,
        rounds=15 if mib < 60 else 9,
        target="at most 0.5 of ProcessPoolExecutor",
        limit=0.5,
    )


IMPORTS = Row(
    "numpy",
    "A warm call with imports=['numpy'], or ['pandas']",
    (
        *tiers("boxed", 5, "with numpy", imports=["numpy"]),
        Contender("with pandas, full", "boxed", {"imports": ["pandas"]}, 5),
        Contender("plain, full", "boxed", block=5),
    ),
    "plain, full",
    target="at most 2 of the plain call",
    limit=2.0,
)

PRELOAD = Row(
    "preload",
    "A warm call of a Sandbox with preload=['numpy']",
    (
        *tiers("boxed_sandbox", 5, "with numpy", preload=["numpy"]),
        Contender("plain, full", "boxed_sandbox", block=5),
        Contender("run(), full", "boxed", block=5),
    ),
    "plain, full",
    target="at most 2 of the plain call",
    limit=2.0,
)


def mapped(chunksize: int) -> Row:
    cores = Contender(
        "ProcessPoolExecutor, a worker for each core",
        "process_pool_map",
        {"chunksize": chunksize},
        block=1,
    )
    return Row(
        f"map{chunksize}",
        f"map of 100,000 tiny items, chunksize {chunksize}",
        (*tiers("boxed_map", 1, chunksize=chunksize), cores),
        cores.name,
        rounds=11,
        target="at most 1 of ProcessPoolExecutor",
        limit=1.0,
    )


def crowd(callers: int) -> Row:
    size = {"callers": callers, "calls": max(1, 64 // callers)}
    pool = Contender(
        "ProcessPoolExecutor, a worker for each core",
        "process_pool_crowd",
        size,
        block=1,
    )
    ours, parts = "boxed_crowd", {**size, "sandboxes": 4}
    return Row(
        f"crowd{callers}",
        f"A call of sqrt(4), callers at once: {callers}",
        (
            *tiers(ours, 1, **size),
            *tiers(ours, 1, "boxed by asyncio", **size, way="asyncio"),
            *tiers(ours, 1, "boxed in 4 Sandboxes", **parts),
            pool,
        ),
        pool.name,
        rounds=7 if callers > 100 else 12,
    )


CROWDS = (1, 2, 8, 64, 1000)


def one_tier(tier: str, factory: str, options, block: int = 10):
    """Contenders of one tier, from their names' options."""
    return tuple(
        Contender(name, factory, {"tier": tier, **own}, block, TIERS[tier])
        for name, own in options.items()
    )


def share(tier: str) -> Row:
    sizes = {
        f"{callers} at once": {
            "callers": callers,
            "calls": -(-200 // callers),
            "share": True,
        }
        for callers in CROWDS
    }
    return Row(
        f"share-{tier}",
        f"All callers' time for a call, {tier} tier, by their number",
        one_tier(tier, "boxed_crowd", sizes, 1),
        "1 at once",
        rounds=9,
        target="no more than of 1 at once",
        limit=1.0,
    )


MODULES = ["asyncio", "csv", "decimal", "email", "json", "logging"]


def growth(tier: str) -> Row:
    calls = 100_000 if tier == "full" else 20_000
    burdens = {
        "new sandbox, small caller": {},
        f"after {calls:,} calls": {"calls": calls},
        "caller with 4 GiB and 200 threads": {"heap": 4096, "threads": 200},
        "200 entries more in sys.path": {"paths": 200},
        "6 imports of the standard library": {"imports": MODULES},
    }
    return Row(
        f"growth-{tier}",
        f"A warm call in the {tier} tier, and what should not matter",
        one_tier(tier, "boxed", burdens),
        "new sandbox, small caller",
        target="flat",
        limit=1.1,
    )


def linear(tier: str) -> Row:
    sizes = {
        f"{mib} MiB": {"result": mib * MIB, "per": mib}
        for mib in (1, 4, 16, 64, 256)
    }
    return Row(
        f"linear-{tier}",
        f"One MiB of a result of bytes, {tier} tier, by the result's size",
        one_tier(tier, "boxed", sizes, 3),
        "16 MiB",
        rounds=9,
        target="linear: no more than of 16 MiB",
        limit=1.0,
    )


def kinds(tier: str) -> Row:
    return Row(
        f"kinds-{tier}",
        f"Calls that print, raise, read or have limits, {tier} tier",
        one_tier(tier, "boxed_kind", {kind: {"kind": kind} for kind in KINDS}),
        PLAIN,
        target="at most 1.3 of the plain call",
        limit=1.3,
    )


PRINTS = Row(
    "prints",
    "100,000 short lines, printed and kept",
    (
        *tiers("boxed_prints", 1),
        Contender(
            "boxed, full, in blocks", "boxed_prints", {"in_blocks": True}, 1
        ),
        Contender(
            "a pipe, line by line", "pipe_prints", {"line_buffered": True}, 1
        ),
        Contender("a pipe, in blocks", "pipe_prints", block=1),
    ),
    "a pipe, in blocks",
    rounds=9,
    target="at most 2 of a pipe, in blocks",
    limit=2.0,
)

FACES = Row(
    "faces",
    "A warm call by each way that a program has for it, ten in a row",
    (
        *tiers("boxed", 10, "run()"),
        *tiers("boxed_executor", 10, "SandboxExecutor"),
        *tiers("boxed_awaited", 10, "boxed.asyncio"),
        *tiers("boxed_by_value", 10, "by value"),
        *tiers("boxed_source", 10, "run_source()"),
        POOL,
        Contender("loky", "loky"),
        Contender("pebble, pool", "pebble_pool"),
    ),
    POOL.name,
)

HOST_CALL = Row(
    "host",
    "A host call, from the guest and back to it",
    (*tiers("boxed_host_call", 2), POOL),
    POOL.name,
    target="at most 0.5 of a call of ProcessPoolExecutor",
    limit=0.5,
)

NEW = Row(
    "new",
    "A new sandbox and its first call, in a program that runs",
    (
        *tiers("boxed_new", 1),
        Contender("boxed, caller with 2 GiB", "boxed_new", {"heap": 2048}, 1),
        Contender("new ProcessPoolExecutor", "process_pool_new", block=1),
        Contender(
            "the same, caller with 2 GiB",
            "process_pool_new",
            {"heap": 2048},
            1,
        ),
        Contender("python -I -S -c pass", "bare", block=1),
    ),
    "python -I -S -c pass",
    rounds=15,
)

ROWS = (
    WARM,
    PAUSED,
    COLD,
    PROGRAM,
    IMPORT,
    NEW,
    SATURATED,
    large(1),
    large(16),
    large(60),
    large(256),
    large(256, array=True),
    argument(16),
    argument(60),
    argument(60, array=True),
    IMPORTS,
    PRELOAD,
    mapped(100),
    mapped(1000),
    mapped(10000),
    *map(crowd, CROWDS),
    *map(kinds, TIERS),
    PRINTS,
    FACES,
    HOST_CALL,
    *map(share, TIERS),
    *map(growth, TIERS),
    *map(linear, TIERS),
)
#: What `--short` leaves of them.
SHORT = ("warm", "cold", "saturated", "kinds-full")
