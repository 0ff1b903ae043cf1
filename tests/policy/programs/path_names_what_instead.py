"""Run by test_found."""

import pathlib
import shutil
import sys

from harness import Sandbox, refused, run
from project import fresh, put

own, other = fresh(), fresh()
sys.path.insert(0, own)
put(own, "mine.py")
put(other, "theirs.py")
secret = put(other, "secret", text="secret")
mine = "__import__('mine').read('/dev/null')"
theirs = "__import__('theirs').read('/dev/null')"
look = f"__import__('theirs').read({secret!r})"
assert run(eval, (mine,)) == b""
refused(ModuleNotFoundError, run, eval, (theirs,))
for path in ([other], (pathlib.Path(other),)):
    assert run(eval, (theirs,), path=path) == b""
    error = refused(ModuleNotFoundError, run, eval, (mine,), path=path)
    assert "path= does not name" in str(error), error
    refused(OSError, run, eval, (look,), path=path)
    assert run(eval, (look,), path=path, read=[secret]) == b"secret"
assert run(eval, (mine,), path=[other, own]) == b""
refused(ModuleNotFoundError, run, eval, (mine,), path=[])
with Sandbox(path=[other]) as sandbox:
    assert sandbox.run(eval, (theirs,)) == b""
# Not understood is not granted.
for path in (own, b"x", own.encode(), 1, [1], [None], {own: 1}):
    refused(TypeError, run, abs, (1,), path=path)
refused(ValueError, run, abs, (1,), path=[own + "/mine.py"])
refused(ValueError, run, abs, (1,), path=[""])
refused(FileNotFoundError, run, abs, (1,), path=[own + "/nothing"])
shutil.rmtree(own), shutil.rmtree(other)
