"""The backend, as users of joblib use it."""

import os
import threading

from harness import ISOLATION, refused
from joblib import Parallel, delayed, parallel_config

from boxed import LimitExceeded, Limits, WorkerDied
from boxed.integrations.joblib import register

FACTOR = 3


def times(number):
    return number * FACTOR, os.getpid()


def dies_at_two(number):
    if number == 2:
        os._exit(3)
    return number


def inverse(number):
    return 1 / number


def hoard(_):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def spin(_):
    while True:
        pass


def parallel(function, values, **options):
    return Parallel(**options)(delayed(function)(value) for value in values)


def none_runs_here():
    """Whatever n_jobs is, 1 included, for which joblib asks no backend that
    says 1."""
    for jobs in (None, 1, 2, 3, -1, -2, -100):
        found = parallel(times, range(7), n_jobs=jobs)
        assert [value for value, _ in found] == [3 * n for n in range(7)]
        assert os.getpid() not in {pid for _, pid in found}, jobs
    for options in ({"prefer": "threads"}, {"prefer": "processes"}):
        ((_, pid),) = parallel(times, [1], n_jobs=2, **options)
        assert pid != os.getpid(), options
    refused(ValueError, parallel, times, [1], n_jobs=0)
    refused(ValueError, parallel, times, [1], require="sharedmem")


def what_fails_is_raised():
    refused(ZeroDivisionError, parallel, inverse, [1, 0], n_jobs=2)
    error = refused(
        WorkerDied, parallel, dies_at_two, range(4), n_jobs=2, batch_size=1
    )
    assert error.exitcode == 3
    assert parallel(dies_at_two, [0, 1], n_jobs=2) == [0, 1]


def results_as_they_come():
    some = parallel(inverse, [1, 2, 4], n_jobs=2, return_as="generator")
    assert list(some) == [1, 0.5, 0.25]


def one_parallel_for_many():
    with Parallel(n_jobs=2) as keep:
        for _ in range(2):
            assert keep(delayed(inverse)(n) for n in (1, 2)) == [1, 0.5]


def nested(number):
    return Parallel(n_jobs=2)(delayed(abs)(n) for n in (-number, number))


if __name__ == "__main__":
    register()
    own = {"backend": "boxed", "isolation": ISOLATION}
    with parallel_config(**own, timeout=60):
        none_runs_here()
        what_fails_is_raised()
        results_as_they_come()
        one_parallel_for_many()
        assert parallel(nested, [1, 2], n_jobs=2) == [[1, 1], [2, 2]]
    limits = Limits(memory="64M")
    with parallel_config(**own, limits=limits):
        error = refused(MemoryError, parallel, hoard, [1], n_jobs=1)
        assert isinstance(error, LimitExceeded)
    with parallel_config(**own, timeout=0.3):
        refused(TimeoutError, parallel, spin, range(4), n_jobs=2)
    # The control: without the backend n_jobs=1 runs in this process.
    assert parallel(times, [1], n_jobs=1)[0][1] == os.getpid()
    assert threading.active_count() < 8
