"""Run by test_grants."""

import os

from harness import refused, run
from scratch import beside, content, folder, make, write

granted = make("granted")
refused(OSError, run, eval, (write(granted),))
assert run(eval, (write(granted),), write=[granted]) == 3
assert content(granted) == "new"
refused(OSError, run, eval, (write(beside),), write=[granted])
refused(
    OSError, run, eval, (write(os.path.join(folder, "x")),), write=[granted]
)
assert content(beside) == "t"
