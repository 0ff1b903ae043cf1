"""Run by test_syscalls: what is granted to the call, if anything."""

import os
import sys
import tempfile
import time

from marked import mark, run

folder = tempfile.mkdtemp()
os.chmod(folder, 0o777)
granted: dict = {"write": {"write": [folder]}, "network": {"network": True}}
options = granted[sys.argv[1]] if sys.argv[1:] else {}
for _ in range(6):
    run(abs, (-4,), **options)
    time.sleep(0.3)
mark("call")
run(abs, (-4,), **options)
time.sleep(0.3)
mark("end")
os.rmdir(folder)
