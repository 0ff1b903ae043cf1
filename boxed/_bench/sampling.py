"""Comparing calls in turns: the samples, and what they say.

A load that comes and goes meets all contenders of a round, so ratios are
taken within rounds.
"""

from __future__ import annotations

import statistics
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Blocks = Sequence[Sequence[int]]


def samples(call: Callable[[], Any], count: int) -> list[int]:
    """Nanoseconds of so many calls; one that returns a number, or a list of
    them, has measured itself."""
    taken = []
    clock = time.perf_counter_ns
    for _ in range(count):
        start = clock()
        own = call()
        end = clock()
        if type(own) is list:
            taken += own
        else:
            taken.append(own if type(own) is int else end - start)
    return taken


#: Seconds between turns, in which what the last one left behind is done: pools
#: and sandboxes fork for later calls, processes end.
SETTLING = 0.05


def take_turns(
    takers: Mapping[str, Callable[[], list[int]]],
    rounds: int,
    settling: float = SETTLING,
) -> dict[str, list[list[int]]]:
    """Blocks of samples by contender.

    Each round goes in the other direction: who is last in one is first in
    the next.
    """
    taken: dict[str, list[list[int]]] = {name: [] for name in takers}
    names = list(takers)
    for number in range(rounds):
        for name in names[:: -1 if number % 2 else 1]:
            time.sleep(settling)
            taken[name].append(takers[name]())
    return taken


def summary(blocks: Blocks, base: Blocks | None) -> dict[str, float]:
    """What one contender's blocks say, beside the reference's."""
    taken = sorted(sample for block in blocks for sample in block)
    found: dict[str, float] = {
        "samples": len(taken),
        "p10_ns": quantile(taken, 0.1),
        "p50_ns": quantile(taken, 0.5),
        "p90_ns": quantile(taken, 0.9),
        "p99_ns": quantile(taken, 0.99),
        "min_ns": taken[0],
    }
    if base is not None:
        ratios = sorted(
            statistics.median(own) / statistics.median(other)
            for own, other in zip(blocks, base)
        )
        found["ratio"] = quantile(ratios, 0.5)
        found["ratio_low"] = quantile(ratios, 0.25)
        found["ratio_high"] = quantile(ratios, 0.75)
    return found


def quantile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank of a sorted list."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
