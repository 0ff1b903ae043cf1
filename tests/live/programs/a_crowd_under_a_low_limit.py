"""Run by test_room: how many descriptors there may be."""

import os
import sys

from crowds import crowd, dividing, limit, results

from boxed._live import prefork

limit(int(sys.argv[1]))
crowd(20, divmod, dividing)


def count():
    prefork.end_all()
    return len(os.listdir("/proc/self/fd"))


before = count()
crowd(200, divmod, dividing)
assert not [r for r in results if type(r) is not tuple], results
assert sorted(a * 7 + b for a, b in results[20:]) == list(range(200))
assert count() <= before
