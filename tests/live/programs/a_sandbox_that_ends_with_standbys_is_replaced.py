"""Run by test_standby_lives."""

import os
import socket
import time

from harness import run
from standby_state import box, warm

for _ in range(3):
    warm()
    old = box()
    with socket.socket(fileno=os.dup(old.process.control)) as control:
        control.shutdown(socket.SHUT_RDWR)
    time.sleep(0.3)
    assert run(abs, (-5,)) == 5
    assert box() is not old and not old.standbys._waiting
