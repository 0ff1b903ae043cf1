"""Run by test_standby."""

import time

from harness import run

from boxed._live import prefork, registry

prefork.MOST_OF_ALL = 3
for name in ("abc", "bdb", "cmd", "csv", "dis"):
    for _ in range(3):
        run(abs, (-1,), imports=[name])
slots = registry.shared.slots.values()
every = [len(slot.box.standbys._waiting) for slot in slots]
assert sum(every) == 3, every
# Those that have ended by themselves count no more.
prefork.STANDBY_SECONDS = 0.1
time.sleep(0.2)
for _ in range(3):
    run(abs, (-1,), imports=["glob"])
*_, slot = registry.shared.slots.values()
assert slot.box.standbys._waiting
