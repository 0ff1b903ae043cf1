"""Run by test_places."""

import shutil
import sys

from harness import run
from project import READ, fresh, put, see

base = fresh()
sys.path.insert(0, base)
put(base, "ways.py")
mounts = "len(open('/proc/self/mounts').readlines())"
few = run(eval, (mounts,))
for number in range(1000):
    put(base, f"module{number}.py", text=f"number = {number}")
last = "__import__('module999').number"
assert run(eval, (last,)) == 999
assert run(eval, (mounts,)) == few
put(base, "large.py", text=READ + "#" * (1 << 20))
import large

assert see(large.__file__, large.read)
assert run(eval, (mounts,)) == few + 1
shutil.rmtree(base)
