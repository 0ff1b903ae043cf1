"""Run by test_syscalls."""

import json
import time

from marked import mark, run

for _ in range(2):
    run(json.dumps, ([1],))
time.sleep(0.2)
mark("dumps")
run(json.dumps, ([1],))
time.sleep(0.2)
mark("len")
run(len, ([1],))
time.sleep(0.2)
mark("end")
