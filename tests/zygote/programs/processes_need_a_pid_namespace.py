"""Run by test_families."""

from harness import refused, run

from boxed import Limits, SetupError

error = refused(SetupError, run, abs, (1,), limits=Limits(processes=2))
assert "pid namespace" in str(error)
