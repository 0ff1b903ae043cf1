"""Run by test_named_guests: leaves its session and its parent."""

import os
import time

for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(4, b"alive")
            time.sleep(600)
        os._exit(0)
time.sleep(600)
