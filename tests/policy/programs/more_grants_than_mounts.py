"""Run by test_odd_paths."""

import os
import shutil

from harness import refused, run
from project import fresh

from boxed import SetupError

base = fresh()
folders = [base + f"/folder{number}" for number in range(150)]
for folder in folders:
    os.mkdir(folder)
error = refused(SetupError, run, abs, (-1,), read=folders)
assert "128" in str(error) and "fewer" in error.remedy, error
assert run(abs, (-1,), read=folders[:90]) == 1
assert run(abs, (-1,), read=[base]) == 1
shutil.rmtree(base)
