"""Run by test_syscalls."""

import resource
import statistics
import time

from harness import run


def switches():
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


look = "__import__('resource').getrusage(0).ru_nvcsw"
own, inside = [], []
for _ in range(24):
    time.sleep(0.1)
    before = switches()
    inside.append(run(eval, (look,)))
    own.append(switches() - before)
assert 1 <= statistics.median(own[4:]) <= 2, own
assert 1 <= statistics.median(inside[4:]) <= 3, inside
