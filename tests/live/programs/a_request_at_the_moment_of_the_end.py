"""Run by test_standby_lives; with "count" where a guest may write a file of
the caller's."""

import sys
import time

from harness import run
from tally import call, count

from boxed._live import prefork

prefork.STANDBY_SECONDS = 0.005
for turn in range(150):
    assert run(abs, (-turn,)) == turn
    time.sleep(turn % 10 / 1000)
if sys.argv[1] == "count":
    for turn in range(150):
        assert call() == 1
        assert count() == turn + 1
        time.sleep(turn % 10 / 1000)
