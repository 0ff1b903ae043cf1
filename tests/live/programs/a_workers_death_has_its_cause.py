"""Run by test_core_lives."""

import os

from harness import refused, run

from boxed import WorkerDied

error = refused(WorkerDied, run, os._exit, (3,))
assert (error.exitcode, error.signal) == (3, None)
error = refused(WorkerDied, run, os.abort)
assert (error.exitcode, error.signal) == (None, 6)
crash = "import ctypes; ctypes.string_at(0)"
error = refused(WorkerDied, run, exec, (crash,))
assert error.signal == 11
assert run(abs, (-1,)) == 1
