"""Run by test_core_lives: ends by a signal, during a call."""

import os
import threading
import time

from harness import run

run(abs, (1,))
threading.Thread(target=run, args=(time.sleep, (60,))).start()
time.sleep(0.3)
os.kill(os.getpid(), 9)
