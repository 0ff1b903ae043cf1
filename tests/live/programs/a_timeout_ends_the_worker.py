"""Run by test_core_lives."""

import textwrap
import time

from harness import refused, run

from boxed import CallTimeout, RemoteError

error = refused(CallTimeout, run, time.sleep, (60,), timeout=0.3)
assert isinstance(error, TimeoutError)
assert not isinstance(error, RemoteError)
stubborn = """
import signal
for number in range(1, 64):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
"""

refused(CallTimeout, run, exec, (textwrap.dedent(stubborn),), timeout=0.5)
assert run(abs, (-1,)) == 1
