"""Run by test_standby."""

import threading

from harness import run
from standby_state import descriptors, waiting

from boxed._live import prefork, registry

before = descriptors()
run(abs, (-1,))
assert not waiting()
run(abs, (-1,))
(first,) = waiting()
assert run(abs, (-2,)) == 2
assert first not in waiting()
assert waiting()
for _ in range(8):
    crowd = [
        threading.Thread(target=run, args=(abs, (-1,))) for _ in range(24)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(waiting()) <= prefork.MOST
assert len(waiting()) > 1
for _ in range(20):
    run(abs, (-1,))
    assert len(waiting()) <= prefork.MOST
registry.close_all()
assert descriptors() == before
