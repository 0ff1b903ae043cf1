"""Run by test_grants."""

import os

from harness import refused, run
from scratch import beside, content, folder, read, write

out = os.path.join(folder, "out")
os.mkdir(out)
os.chmod(out, 0o777)
options = {"read": [folder], "write": [out]}
path = os.path.join(out, "x")
assert run(eval, (write(path),), **options) == 3
assert content(path) == "new"
assert run(eval, (read(beside),), **options) == "t"
refused(OSError, run, eval, (write(beside),), **options)
