"""Run by test_places, in a mount namespace: what is hidden, and where."""

import subprocess
import sys

from harness import refused, run

from boxed import SetupError
from boxed._live import registry

missing, place = sys.argv[1:]
assert run(abs, (-1,)) == 1
registry.close_all()
subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
error = refused(SetupError, run, abs, (-1,))
assert f"no {missing} on this" in str(error), error
assert error.errno == 2
for _ in range(6):
    try:
        assert run(abs, (-1,)) == 1
        break
    except SetupError as error:
        mended = error.remedy.split("`")[1]
        subprocess.run(mended, shell=True, check=True)
else:
    raise AssertionError("no remedy mended it")
