"""Run by test_memory_watch, where each call has a cgroup."""

import cloudpickle
import watched_guests as guests
from harness import Sandbox

from boxed import Limits

cloudpickle.register_pickle_by_value(guests)
MIB = 1 << 20

with Sandbox(
    serializer="cloudpickle", limits=Limits(memory=512 * MIB)
) as sandbox:
    for _ in range(3):
        outcome = sandbox.call(guests.share, (300,))
        assert outcome.unwrap() == 300 and "memory cgroup" in outcome.walls
        for memory, shared in ((32, 300), (128, 400)):
            outcome = sandbox.call(
                guests.share, (shared,), limits=Limits(memory=memory * MIB)
            )
            assert outcome.cause == "memory", outcome
            error = outcome.exception
            assert error.limit == memory * MIB, error
            assert error.used < shared * MIB, error
        outcome = sandbox.call(
            guests.share, (100,), limits=Limits(memory=128 * MIB)
        )
        assert outcome.unwrap() == 100
