"""A call whose worker's end is waited for, and all that is reported of it."""

from __future__ import annotations

import pickle
import time

from harness import run

from boxed import Limits, _boxed
from boxed._calls.terms import Terms
from boxed._live.registry import shared


class Reported:
    """One call of `exec`.

    :ivar status: as of wait4.
    :ivar memory: as _boxed.Call.memory has it, by its names.
    """

    def __init__(self, source: str, limits: Limits) -> None:
        run(abs, (-1,), limits=limits)
        (box,) = [
            slot.box
            for policy, slot in shared.slots.items()
            if policy.limits == limits and slot.box is not None
        ]
        live = box.open_call()
        before = live.memory
        more = Terms(limits).sent(limits, box.ruler)
        live.request(pickle.dumps((exec, (source,), {}), 5), -1, *more)
        limit = time.monotonic_ns() + 60 * 10**9
        while live.wait(limit)[0] == _boxed.CALL_OUTPUT:
            pass
        live.kill()
        assert live.wait_end(limit) == _boxed.CALL_ENDED
        report, memory = live.report, live.memory
        assert before is None and report is not None and memory is not None
        self.status, self.memory = report[0], memory
        ruler, self.peak, self.limit, self.full, self.kills = memory
        self.ruled_by = _boxed.MEMORY_RULERS[ruler]
