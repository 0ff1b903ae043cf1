"""Run by test_families."""

import os

from families import several
from harness import refused, run

from boxed import WorkerDied

error = refused(WorkerDied, run, os._exit, (3,), limits=several)
assert error.exitcode == 3
error = refused(WorkerDied, run, os.abort, limits=several)
assert error.signal == 6
