"""Run by test_standby_lives."""

import gc
import os
import sys
import time

from harness import run
from standby_state import descriptors, waiting, warm, workers

from boxed._live import registry

few = descriptors()
warm()
time.sleep(0.1)
pids, before = workers(), list(waiting())
child = os.fork()
if child == 0:
    status = 1
    try:
        assert descriptors() == few
        gc.collect()
        assert not registry.shared.slots
        assert run(abs, (-2,)) == run(abs, (-2,)) == run(abs, (-2,)) == 2
        registry.close_all()
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert set(pids) <= set(workers())
assert waiting() == before
guest = "int(open('/proc/self/stat').read().split()[0])"
assert run(eval, (guest,)) > 0
assert waiting() != before
assert len(set(pids) - set(workers())) <= 1
