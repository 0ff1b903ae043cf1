"""Run by test_syscalls."""

import os
import statistics

from harness import run

from boxed._live import registry


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def switches(pid):
    with open(f"/proc/{pid}/status") as file:
        (line,) = [one for one in file if one.startswith("voluntary")]
    return int(line.split()[1])


own, inside = [], []
for _ in range(12):
    before = switches(os.getpid())
    run(abs, (-4,))
    own.append(switches(os.getpid()) - before)
    (slot,) = registry.shared.slots.values()
    launcher = slot.box.pid
    (watcher,) = [pid for pid in children(launcher) if children(pid)]
    (zygote,) = children(watcher)
    inside.append(sum(map(switches, (launcher, watcher, zygote))))
    registry.close_all()
assert 1 <= statistics.median(own) <= 5, own
assert 1 <= statistics.median(inside) <= 9, inside
