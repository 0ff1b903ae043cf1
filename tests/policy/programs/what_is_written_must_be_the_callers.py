"""Run by test_grants: a directory of somebody else's, as who may not."""

import sys

from harness import refused, run

from boxed import SetupError
from boxed._live import box, zygote_configuration

(folder,) = sys.argv[1:]
error = refused(SetupError, run, abs, (1,), write=[folder])
assert error.stage == "grants" and "not yours" in str(error)
# The walls see to it, too.
for module in (zygote_configuration, box):
    module.__dict__["check"] = lambda policy, tier: None
error = refused(SetupError, run, abs, (1,), write=[folder])
assert error.stage == "user", error
