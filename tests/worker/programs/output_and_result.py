"""Run by test_limits."""

import contextlib
import io

from harness import refused, run

from boxed import LimitExceeded, Limits

out = io.StringIO()
with contextlib.redirect_stdout(out):
    error = refused(
        LimitExceeded, run, print, ("x" * 1000,), limits=Limits(output=100)
    )
assert error.resource == "output" and out.getvalue() == "x" * 100
error = refused(LimitExceeded, run, bytes, (2000,), limits=Limits(result=1000))
assert error.resource == "result"
assert len(run(bytes, (900,), limits=Limits(result=1000))) == 900
