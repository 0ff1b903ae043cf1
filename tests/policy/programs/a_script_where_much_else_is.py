"""Run by test_places."""

import os
import shutil
import sys

from harness import run
from project import put, see

parent = sys.argv[1]
place = os.environ["HOME"] if parent == "home" else parent
name = f"boxed_sibling_{os.getpid()}"
made = put(place, name + ".py", mode=0o600)
inner = put(place, name + "_pack/__init__.py", mode=0o600)
secret = put(place, f".{name}", text="secret")
os.environ["HOME"] = place
sys.path.insert(0, place)
ways = __import__(name)
pack = __import__(name + "_pack")
try:
    assert see(pack.__file__, pack.read) or place in ("/tmp", "/dev/shm")
    assert run(ways.read, ("/dev/null",)) == b""
    assert open(secret).read() == "secret"
    for path in (secret, "/etc/hostname", "/etc/shadow"):
        assert not see(path, ways.read), path
    assert see(secret, ways.read, read=[secret])
finally:
    os.unlink(made)
    os.unlink(secret)
    shutil.rmtree(os.path.dirname(inner))
