"""Run by test_sandbox."""

import os
import time
from fractions import Fraction

from harness import Sandbox, refused

from boxed import CallTimeout, LimitExceeded, Limits, WorkerDied

with Sandbox(
    timeout=0.5,
    env={"A": "b"},
    allow=[SyntaxError],
    limits=Limits(output=10, result=1000),
) as sandbox:
    refused(CallTimeout, sandbox.run, time.sleep, (60,))
    assert sandbox.run(time.sleep, (0.7,), timeout=None) is None
    refused(CallTimeout, sandbox.run, time.sleep, (60,), timeout=0.1)
    refused(ValueError, sandbox.run, abs, (1,), timeout=0)
    error = refused(LimitExceeded, sandbox.run, bytes, (2000,))
    assert error.resource == "result"
    error = refused(LimitExceeded, sandbox.run, print, ("x" * 20,))
    assert error.resource == "output"
    assert sandbox.run(os.getenv, ("A",)) == "b"
    assert sandbox.run(Fraction, (1, 2)) == Fraction(1, 2)
    refused(ValueError, sandbox.run, int, ("x",))
    assert refused(WorkerDied, sandbox.run, os._exit, (3,)).exitcode == 3
