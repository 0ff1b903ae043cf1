"""Run by test_syscalls."""

import time

from marked import mark, run

for _ in range(3):
    run(time.sleep, (0,))
time.sleep(0.2)
mark("short")
run(time.sleep, (0,), timeout=None)
time.sleep(0.2)
mark("long")
run(time.sleep, (1,), timeout=None)
time.sleep(0.2)
mark("timed")
run(time.sleep, (1,), timeout=30)
mark("end")
