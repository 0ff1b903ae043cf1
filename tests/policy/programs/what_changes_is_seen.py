"""Run by test_places."""

import os
import shutil
import sys

from harness import refused, run
from project import fresh, put

from boxed._live import registry

base = fresh()
sys.path.insert(0, base)


def value():
    return run(eval, ("__import__('later').value",))


refused(ModuleNotFoundError, value)
for number in (1, 22):
    put(base, "later.py", text=f"value = {number}")
    assert value() == number
os.replace(put(base, "new.txt", text="value = 333"), base + "/later.py")
assert value() == 333
before = [slot.box for slot in registry.shared.slots.values()]
for number in range(3):
    put(base, f"result{number}.txt")
    put(base, f"results{number}", "one.txt")
    assert value() == 333
assert before == [slot.box for slot in registry.shared.slots.values()]
os.unlink(base + "/later.py")
refused(ModuleNotFoundError, value)
shutil.rmtree(base)
