"""Run by test_outcomes: what the processes of a call have used is the
call's, whether the guest has waited for them or not."""

import cloudpickle
import guests
from harness import call

from boxed import Limits

cloudpickle.register_pickle_by_value(guests)
SEVERAL = Limits(processes=4)
MIB = 1 << 20


def used(what, *args, cause="returned", timeout=40.0):
    outcome = call(
        what, args, serializer="cloudpickle", limits=SEVERAL, timeout=timeout
    )
    assert outcome.cause == cause and outcome.usage.measured, outcome
    return outcome.usage


if __name__ == "__main__":
    usage = used(guests.fork_and_use, 0.3, "wait")
    assert 0.6 <= usage.user_time < 0.66, usage
    # Children that are still there when the answer is.
    usage = used(guests.fork_and_use, 0.3, "leave")
    assert 0.6 <= usage.user_time < 0.66, usage
    # And when the timeout has passed.
    usage = used(guests.fork_and_use, 0.3, "stay", cause="timeout", timeout=5)
    assert 0.6 <= usage.user_time < 0.66, usage
    usage = used(guests.fork_and_touch, 100 * MIB)
    assert 100 * MIB < usage.peak_memory < 140 * MIB, usage
