"""Run by test_pool."""

import os

from harness import refused, run

from boxed import SetupError
from boxed._live import registry

assert run(os.getuid) == 70100
error = refused(SetupError, run, os.getuid, imports=["colorsys"])
assert error.stage == "pool" and "--uid-range" in error.remedy

registry.close_all()
assert run(os.getuid, imports=["colorsys"]) == 70100
