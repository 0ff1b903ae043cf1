"""Run by test_syscalls."""

import time

from marked import mark, run

run(abs, (-4,))
time.sleep(0.5)
mark("idle")
time.sleep(1)
mark("end")
