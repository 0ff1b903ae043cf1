"""Run by test_core_guest, where nothing else works."""

import os

from boxed import SetupError, run

try:
    run(os.getuid)
except SetupError as error:
    assert error.stage and "boxed setup" not in str(error), error
    assert "isolation='landlock'" in str(error), error
else:
    raise AssertionError("ran without its walls")
