"""Run by test_old_landlock."""

from harness import refused

import boxed

error = refused(boxed.SetupError, boxed.run, abs, (-4,))
assert error.stage == "shared" and "boxed setup" in error.remedy, error
