"""Run by test_sandbox."""

import os
import threading
import time

from harness import Sandbox, refused

from boxed import WorkerDied

with Sandbox() as sandbox:

    def end():
        # The supervisor takes its end for the caller's.
        (slot,) = sandbox._boxes.slots.values()
        import socket

        fd = os.dup(slot.box.process.control)
        with socket.socket(fileno=fd) as control:
            control.shutdown(socket.SHUT_RDWR)

    assert sandbox.run(abs, (-1,)) == 1
    end()
    time.sleep(0.3)
    assert sandbox.run(abs, (-5,)) == 5
    timer = threading.Timer(0.5, end)
    timer.start()
    refused(WorkerDied, sandbox.run, time.sleep, (60,))
    assert sandbox.run(abs, (-6,)) == 6
    timer.join()
