"""Run by test_world."""

import os
import sys
import tempfile

from harness import ISOLATION, run

base = tempfile.mkdtemp(dir=os.getcwd())
os.chmod(base, 0o755)
os.makedirs(base + "/project")
os.makedirs(base + "/versions/third/lib")
open(base + "/versions/secret", "w").write("secret")
with open(base + "/versions/third/lib/boxed_linked.py", "w") as file:
    file.write("def where(): return __file__")
os.symlink("../current", base + "/project/env")
os.symlink(base + "/versions/third", base + "/current")
sys.path[:0] = [base + "/project", base + "/project/env/lib"]
import boxed_linked

assert run(boxed_linked.where) == boxed_linked.__file__
listing = "__import__('os').listdir(%r)"
assert run(eval, (listing % (base + "/versions/third/lib"),))
if ISOLATION != "landlock":
    shown = run(eval, (listing % (base + "/versions"),))
    assert shown == ["third"], shown
