"""Run by test_standby."""

import time

from harness import refused, run
from standby_state import warm

from boxed import CallTimeout, Limits

limits = Limits(cpu_time=1)
warm(limits=limits)
time.sleep(1.5)
assert run(abs, (-1,), limits=limits, timeout=0.9) == 1
error = refused(
    CallTimeout, run, time.sleep, (30,), limits=limits, timeout=0.2
)
assert run(abs, (-1,), limits=limits, timeout=30) == 1
