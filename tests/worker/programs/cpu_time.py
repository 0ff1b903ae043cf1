"""Run by test_limits."""

from harness import refused, run

from boxed import LimitExceeded, Limits

limits = Limits(cpu_time=1)
error = refused(LimitExceeded, run, exec, ("while True: pass",), limits=limits)
assert error.resource == "cpu_time"
stubborn = "import signal; signal.signal(24, signal.SIG_IGN)\nwhile True: pass"
error = refused(LimitExceeded, run, exec, (stubborn,), limits=limits)
assert error.resource == "cpu_time"
assert run(abs, (-1,), limits=limits) == 1
