"""Run by test_core."""

from harness import refused, run

from boxed import SetupError

loaded = "'colorsys' in __import__('sys').modules"
assert run(eval, (loaded,)) is False
assert run(eval, (loaded,), imports=["colorsys"]) is True
error = refused(SetupError, run, abs, (1,), imports=["no_such_one"])
assert error.stage == "imports" and "no_such_one" in str(error)
