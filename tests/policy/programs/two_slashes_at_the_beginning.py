"""Run by test_odd_paths."""

import sys

from harness import Sandbox, refused, run
from project import fresh, put, see

base = fresh()
put(base, "ways.py")
put(base, "package/__init__.py")
text = put(base, "text.txt", text="text")
sys.path.insert(0, "/" + base)
import package
import ways

assert ways.__file__.startswith("//")
for reader in (ways.read, package.read):
    assert run(reader, ("/dev/null",)) == b""
    assert not see(text, reader)
    assert see(text, reader, read=["/" + text])
    assert run(reader, (text,), read=[text], path=["/" + base]) == b"text"
refused(ValueError, run, ways.read, ("/dev/null",), read=["//"])
sys.executable = "/" + sys.executable
assert Sandbox().run(ways.read, ("/dev/null",)) == b""
