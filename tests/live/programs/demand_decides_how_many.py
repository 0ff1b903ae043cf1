"""Run by test_standby."""

from harness import in_threads, run
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
    in_threads(24, lambda number: run(abs, (number,)))
    assert len(waiting()) <= prefork.MOST
assert len(waiting()) > 1
for _ in range(20):
    run(abs, (-1,))
    assert len(waiting()) <= prefork.MOST
registry.close_all()
assert descriptors() == before
