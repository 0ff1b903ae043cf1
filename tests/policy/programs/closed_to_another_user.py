"""Run by test_found."""

import os
import shutil
import subprocess
import sys

from harness import refused, run
from project import fresh, put

from boxed._live import registry

base = fresh()
os.mkdir(base + "/closed")
sys.path.insert(0, base + "/closed")
put(base, "closed/pack/__init__.py", mode=0o600)
put(base, "closed/pack/deep/inner.py", mode=0o600)
os.chmod(base + "/closed", 0o700)
os.chmod(base + "/closed/pack", 0o700)
os.chmod(base, 0o700)
import pack.deep.inner

error = refused(ModuleNotFoundError, run, pack.deep.inner.read, ("/dev/null",))
assert base + "/closed/pack" in str(error), error
subprocess.run(str(error).split("`")[1], shell=True, check=True)
registry.close_all()
assert run(pack.deep.inner.read, ("/dev/null",)) == b""
shutil.rmtree(base)
