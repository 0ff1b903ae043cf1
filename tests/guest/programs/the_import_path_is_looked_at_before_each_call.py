"""Run by test_world."""

import os
import shutil
import sys
import tempfile

from harness import refused, run

folder = tempfile.mkdtemp(dir="/var/tmp")
os.chmod(folder, 0o755)


def seen(path):
    return run(eval, (f"{path!r} in __import__('sys').path",))


later = os.path.join(folder, "later")
sys.path.append(later)
assert not seen(later)
os.mkdir(later)
assert seen(later)
os.rmdir(later)
assert not seen(later)
os.symlink(folder, later)
assert seen(later)
# Of a home too nothing is shown but modules.
os.environ["HOME"] = home = os.path.join(folder, "home")
os.mkdir(home)
secret = os.path.join(home, "secret")
open(secret, "w").write("x")
os.unlink(later)
os.symlink(home, later)
assert seen(later)
for path in (secret, os.path.join(later, "secret")):
    assert open(path).read() == "x"
    refused(OSError, run, eval, (f"open({path!r}).read()",))
sys.path.remove(later)
assert not seen(later)
# A relative one follows the current directory.
sys.path.append("part")
for name in ("one", "two"):
    os.makedirs(os.path.join(folder, name, "part"))
for name in ("one", "two", "one"):
    os.chdir(os.path.join(folder, name))
    for other in ("one", "two"):
        path = os.path.join(folder, other, "part")
        assert seen(path) == (name == other), (name, other)
os.chdir("/")
shutil.rmtree(folder)
