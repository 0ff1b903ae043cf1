"""Run by test_sandbox."""

from boxes import is_there, pids
from harness import Sandbox, run

from boxed._live import registry

one, two = Sandbox(), Sandbox()
for calls in (one.run, two.run, run):
    assert calls(abs, (-1,)) == 1
(slot,) = registry.shared.slots.values()
(a,), (b,) = pids(one), pids(two)
assert len({a, b, slot.box.pid}) == 3
one.close()
assert not is_there(a) and is_there(b) and is_there(slot.box.pid)
two.close()
assert not is_there(b) and run(abs, (-2,)) == 2
