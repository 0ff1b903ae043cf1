"""Run by test_standby_lives."""

import threading
import time

from harness import run
from standby_state import until, waiting

run(abs, (-1,))
long = threading.Thread(target=run, args=(time.sleep, (2,)))
long.start()
until(waiting)
assert long.is_alive()
long.join()
