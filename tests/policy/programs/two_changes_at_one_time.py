"""Run by test_places."""

import os
import shutil
import sys

from harness import run
from project import fresh, put

from boxed._policy import import_places

base = fresh()
sys.path.insert(0, base)
when = os.stat(base).st_mtime_ns
put(base, "one.txt")
now = os.stat(base).st_mtime_ns
first = import_places.current()
# As if this had been in the same tick.
put(base, "later.py", text="value = 1")
os.utime(base, ns=(now, now))
assert import_places.current() != first
assert run(eval, ("__import__('later').value",)) == 1
# What has been as it is for long is not looked at again.
for path in (base, base + "/later.py"):
    os.utime(path, ns=(now - 10**10, now - 10**10))
assert import_places.current() is import_places.current()
shutil.rmtree(base)
