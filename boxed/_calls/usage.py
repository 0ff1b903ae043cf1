"""What a call used: what the kernel tells of its worker, and what the caller
has counted."""

from __future__ import annotations

from .._live.box import kill_limit
from .._outcome import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .. import _boxed
    from .causes import Report
    from .memory import Memory


def usage(
    report: Report | None,
    memory: Memory | None,
    *,
    left: _boxed.Call | None = None,
    wall_time: float,
    request_bytes: int,
    result_bytes: int,
    output_bytes: int,
) -> Usage:
    """
    :param report: what the zygote told of the worker, if it has.
    :param memory: what it told of its memory.
    :param left: the call, where it will.
    """
    counted = {
        "wall_time": wall_time,
        "request_bytes": request_bytes,
        "result_bytes": result_bytes,
        "output_bytes": output_bytes,
    }
    if left is not None:
        return Usage._told_later(counted, lambda: _told_at_the_end(left))
    return Usage(**counted, **_told(report, memory))


def _told_at_the_end(left: _boxed.Call) -> dict[str, Any]:
    left.wait_end(kill_limit())
    left.close()
    return _told(left.report, left.memory)


def _told(report: Report | None, memory: Memory | None) -> dict[str, Any]:
    if report is None:
        return {}
    _, user, system, peak, minor, major, voluntary, involuntary, _ = report
    return {
        "user_time": user / 1e6,
        "system_time": system / 1e6,
        "peak_memory": max(peak * 1024, memory[1] if memory else 0),
        "page_faults": minor + major,
        "context_switches": voluntary + involuntary,
        "measured": True,
    }
