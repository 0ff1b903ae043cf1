"""Run by test_standby_lives."""

import time
from concurrent.futures import ThreadPoolExecutor

from harness import run
from standby_state import waiting

from boxed._live import prefork

for _ in range(3):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: run(abs, (-n,)), range(60)))
    assert found == list(range(60))
    assert len(waiting()) <= prefork.MOST
    time.sleep(0.1)
