"""Run by test_syscalls."""

import time

from marked import mark, run

for _ in range(6):
    run(abs, (-4,))
    time.sleep(0.3)
for name in ("first", "second"):
    mark(name)
    run(abs, (-4,))
    time.sleep(0.3)
mark("end")
