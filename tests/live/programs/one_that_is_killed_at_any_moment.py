"""Run by test_standby_lives."""

import contextlib
import os
import threading
import time

from standby_state import warm, workers
from tally import call, count, tally

from boxed import WorkerDied


def killer(pids, seconds):
    time.sleep(seconds)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)


values = 0
for turn in range(60):
    warm(write=[tally.name])
    thread = threading.Thread(
        target=killer, args=(workers(), turn / 60 * 0.003)
    )
    before = count()
    thread.start()
    try:
        assert call() == 1
        assert count() == before + 1
        values += 1
    except WorkerDied as error:
        assert error.signal == 9, error
        assert count() <= before + 1
    thread.join()
assert values > 0
