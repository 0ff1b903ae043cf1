"""Run by test_found."""

import os
import shutil
import sys
import zipfile

from harness import ISOLATION, run
from project import READ, fresh, put, see

base = fresh()
path = base + "/some.zip"
with zipfile.ZipFile(path, "w") as file:
    file.writestr("zipped.py", READ)
if ISOLATION in ("full", "rootless"):
    os.chmod(path, 0o600)
put(base, "secret", text="secret")
sys.path.insert(0, path)
import zipped

assert run(zipped.read, ("/dev/null",)) == b""
assert not see(base + "/secret", zipped.read)
assert see(base + "/secret", zipped.read, read=[base + "/secret"])
shutil.rmtree(base)
