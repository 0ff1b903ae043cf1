"""``boxed bench``: a call on this machine's tiers, beside its peers.

The short form: calls of one small function, in turns, in this process.  The
project's own benchmarks, of which docs/performance.rst shows the results, are
in its repository and compare more.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from math import sqrt

from .._errors import BoxedError, SetupError
from .._live import registry
from .._options import ISOLATIONS
from .._run import run
from .._version import __version__
from . import peers, sampling, table
from .calls import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Factory = Callable[[], Callable[[], Any]]

REFERENCE = "ProcessPoolExecutor"
#: A call's worker stands by after so many seconds.
PAUSE = 0.02


def _warm(isolation: str) -> Callable[[], Any]:
    return _warmed(lambda: run(sqrt, (4,), isolation=isolation))


def _warmed(call: Callable[[], Any]) -> Callable[[], Any]:
    # The second call is the one from which workers stand by.
    call()
    call()
    return call


def _new(isolation: str) -> Callable[[], int]:
    def call() -> int:
        registry.close_all()
        start = time.perf_counter_ns()
        run(sqrt, (4,), isolation=isolation)
        return time.perf_counter_ns() - start

    call()
    return call


def _tiers(make: Callable[[str], Any]) -> dict[str, Factory]:
    return {
        f"boxed, {tier}": lambda tier=tier: make(tier)  # type: ignore[misc]
        for tier in ISOLATIONS
        if tier != "auto"
    }


def _best() -> str:
    """The first tier that works."""
    for tier in ISOLATIONS[1:-1]:
        try:
            run(sqrt, (4,), isolation=tier)
        except SetupError:
            continue
        return tier
    run(sqrt, (4,), isolation=ISOLATIONS[-1])
    return ISOLATIONS[-1]


def _kinds() -> dict[str, Factory]:
    def make(call: Callable[[str], None]) -> Factory:
        def factory() -> Callable[[], Any]:
            tier = _best()
            return _warmed(lambda: call(tier))

        return factory

    return {name: make(call) for name, call in KINDS.items()}


#: By title: the contenders, and the calls of each in a round.  Ratios are to
#: the first.
ROWS: dict[str, tuple[dict[str, Factory], int]] = {
    "A warm call of sqrt(4) after a pause": (
        {
            REFERENCE: peers.process_pool,
            "loky": peers.loky,
            "pebble, pool": peers.pebble_pool,
            **_tiers(_warm),
        },
        5,
    ),
    "A new sandbox, process or interpreter for a call (the pool's is warm)": (
        {
            REFERENCE: peers.process_pool,
            "pebble, fresh process": peers.pebble_process,
            "multiprocessing forkserver": peers.forkserver,
            "subprocess": peers.interpreter,
            "bubblewrap": peers.bubblewrap,
            **_tiers(_new),
        },
        1,
    ),
    "What else a call may do, on the best tier (the plain one is sqrt(4))": (
        _kinds(),
        3,
    ),
}


def _taker(call: Callable[[], Any], block: int) -> Callable[[], list[int]]:
    def take() -> list[int]:
        taken = []
        for _ in range(block):
            time.sleep(PAUSE)
            taken += sampling.samples(call, 1)
        return taken

    return take


def measure(
    contenders: dict[str, Factory], block: int, rounds: int
) -> dict[str, dict[str, Any]]:
    """Results by contender; ``missing`` says why there are no numbers.

    Ratios are to the first one's.
    """
    found: dict[str, dict[str, Any]] = {}
    takers = {}
    for name, factory in contenders.items():
        try:
            call = factory()
            # Some fail only at their first call.
            call()
            takers[name] = _taker(call, block)
        except (BoxedError, ImportError, OSError) as error:
            reason = str(error).partition("; ")[0].partition("\n")[0]
            found[name] = {"missing": reason}
    taken = sampling.take_turns(takers, rounds)
    for name, blocks in taken.items():
        found[name] = sampling.summary(
            blocks, taken.get(next(iter(contenders)))
        )
    return {name: found[name] for name in contenders}


def _machine() -> dict[str, Any]:
    return {
        "boxed": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
    }


def _print_row(title: str, found: dict[str, dict[str, Any]]) -> None:
    base = next(iter(found.values()))
    lines = [[name, *table.cells(one, base)] for name, one in found.items()]
    print(f"\n{title}\n\n{table.grid(table.HEADER, lines)}", end="")
    for name, one in found.items():
        if "missing" in one:
            print(f"missing: {name}: {one['missing']}")
    sys.stdout.flush()


def report(rounds: int, *, as_json: bool) -> int:
    """Measure, and print what was; the exit status of ``boxed bench``."""
    machine = _machine()
    if not as_json:
        print(", ".join(f"{name} {value}" for name, value in machine.items()))
    rows = {}
    for title, (contenders, block) in ROWS.items():
        rows[title] = measure(contenders, block, rounds)
        if not as_json:
            _print_row(title, rows[title])
    if as_json:
        print(json.dumps({"machine": machine, "rows": rows}, indent=1))
    measured = any(
        name.startswith("boxed, ") and "missing" not in one
        for found in rows.values()
        for name, one in found.items()
    )
    return 0 if measured else 2
