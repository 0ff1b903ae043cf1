"""For programs of test_room: many calls at once under a low limit of open
files."""

from __future__ import annotations

import resource

from harness import in_threads, run

results: list[object] = []


def limit(most):
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    run(abs, (-1,))


def crowd(size, function, arguments):
    """So many threads, each with a call; what came of them is in results."""

    def caller(number):
        try:
            results.append(run(function, arguments(number), timeout=60))
        except BaseException as error:
            results.append(error)

    in_threads(size, caller)


def dividing(number):
    return number, 7
