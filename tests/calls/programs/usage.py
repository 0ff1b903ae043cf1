"""Run by test_outcomes: known work, and what is said of it."""

import os

import cloudpickle
import guests
from harness import call, refused, run

from boxed import RemoteError, WorkerDied

cloudpickle.register_pickle_by_value(guests)
MIB = 1 << 20


def used(what, *args, **options):
    outcome = call(what, args, serializer="cloudpickle", **options)
    outcome.unwrap()
    assert outcome.usage.measured, outcome
    return outcome.usage


def check_times():
    """To a tenth: what the guest itself saw is the least."""
    usage = used(guests.use, "ru_utime", 0.5)
    assert 0.5 <= usage.user_time < 0.55 and usage.wall_time >= 0.45, usage
    usage = used(guests.use, "ru_stime", 0.5)
    assert 0.5 <= usage.system_time < 0.55 and usage.wall_time >= 0.45, usage


def check_memory():
    nothing, much = used(guests.touch, 0), used(guests.touch, 100 * MIB)
    more = much.peak_memory - nothing.peak_memory
    assert 0.9 * 100 * MIB < more < 1.1 * 100 * MIB, (nothing, much)
    assert 4 * MIB < nothing.peak_memory < 64 * MIB, nothing
    # What was freed again counts too.
    assert used(guests.touch_and_free, 100 * MIB).peak_memory > 100 * MIB


def check_counts():
    usage = used(guests.sleep_often, 50)
    assert usage.context_switches >= 50, usage
    assert usage.wall_time >= 0.05, usage
    usage = used(guests.write_both, 300, 21)
    assert usage.output_bytes == 321, usage
    usage = used(bytes, 10000)
    assert 10000 <= usage.result_bytes < 10100, usage
    for size in (10000, 2 * MIB):
        usage = used(len, bytes(size))
        assert size <= usage.request_bytes < size + 200, usage
    usage = used(bytes, 2 * MIB)
    assert 2 * MIB <= usage.result_bytes < 2 * MIB + 200, usage


def check_ends():
    """There is as much to say of a call that fails."""
    outcome = call(guests.spin, timeout=1, serializer="cloudpickle")
    usage = outcome.usage
    assert outcome.cause == "timeout" and usage.measured
    assert usage.wall_time >= 1 and usage.user_time > 0, usage
    error = refused(WorkerDied, run, os._exit, (3,))
    assert error.outcome.usage.measured and error.outcome.exitcode == 3
    # An answer that run() has it does not wait after.
    error = refused(RemoteError, run, divmod, (1, 0))
    usage = error.outcome.usage
    assert not usage.measured and usage.wall_time > 0 and usage.result_bytes


if __name__ == "__main__":
    check_times()
    check_memory()
    check_counts()
    check_ends()
