"""Run by test_room."""

import time

from crowds import crowd, limit, results

from boxed._live import admission


def seconds(number):
    return (0.2,)


limit(96)
crowd(60, time.sleep, seconds)
assert results == [None] * 60, results
# The control.
admission.SHORTAGES = ()
results.clear()
crowd(60, time.sleep, seconds)
errors = [r.errno for r in results if isinstance(r, OSError)]
assert errors and set(errors) == {24}, results
