"""Run by test_core_lives."""

import os
import socket
import time

from harness import run

from boxed._live import registry

run(abs, (1,))

(slot,) = registry.shared.slots.values()
before = slot.box.pid

fd = os.dup(slot.box.process.control)
with socket.socket(fileno=fd) as control:
    control.shutdown(socket.SHUT_RDWR)
# A worker that stands by could still take the call with it.
stat = f"/proc/{before}/stat"
while open(stat).read().rpartition(")")[2].split()[0] not in "ZX":
    time.sleep(0.01)
assert run(abs, (-5,)) == 5
(slot,) = registry.shared.slots.values()
assert slot.box.pid != before
