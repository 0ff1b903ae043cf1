"""The steps of a call and when each was done, for ``boxed run --timing``.

Off unless begun.  There is one list for the process, so one call at a time is
to be told apart.
"""

from __future__ import annotations

import time

#: Nanoseconds of CLOCK_MONOTONIC at which a step was done, in order.
Steps = list[tuple[str, int]]

_steps: Steps | None = None


def record_steps() -> Steps:
    """Note the steps from now on, in the list that is returned."""
    global _steps
    _steps = [("begin", time.monotonic_ns())]
    return _steps


def step_done(step: str, at: int | None = None) -> None:
    """Note that a step is done, now or at a time told by who did it."""
    if _steps is not None:
        _steps.append((step, time.monotonic_ns() if at is None else at))
