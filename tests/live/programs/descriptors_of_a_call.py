"""Run by test_room."""

import os
import threading
import time

from harness import run

from boxed._live import prefork, registry


def count():
    return len(os.listdir("/proc/self/fd"))


before = count()
run(abs, (-1,))
prefork.end_all()
idle = count()
assert idle - before <= 5, (before, idle)
prefork.MOST = 0
(slot,) = registry.shared.slots.values()
slot.box.standbys._wanted = -1
calls = [
    threading.Thread(target=run, args=(time.sleep, (1.5,))) for _ in range(3)
]
for call in calls:
    call.start()
time.sleep(0.7)
assert count() - idle == 3 * 4, (idle, count())
for call in calls:
    call.join()
assert count() == idle
