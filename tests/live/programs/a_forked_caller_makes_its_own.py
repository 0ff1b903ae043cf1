"""Run by test_core_lives."""

import os

from harness import run

from boxed._live import registry

run(abs, (-1,))

(slot,) = registry.shared.slots.values()
parents = slot.box.pid
child = os.fork()
if child == 0:
    status = 1
    try:
        assert not registry.shared.slots
        assert run(abs, (-2,)) == 2
        (slot,) = registry.shared.slots.values()
        assert slot.box.pid != parents
        registry.close_all()
        status = 0
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert run(abs, (-3,)) == 3
(slot,) = registry.shared.slots.values()
assert slot.box.pid == parents
