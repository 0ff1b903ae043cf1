"""Run by test_found."""

import shutil
import sys

from harness import refused, run
from project import fresh, put, see

one, two = fresh(), fresh()
sys.path[:0] = [one, two]
put(one, "spread/first.py")
put(two, "spread/second.py")
put(two, "spread/sub/third.py")
put(two, "spread/pack/__init__.py")
data = put(two, "spread/pack/data.txt", text="data")
secrets = [
    put(two, name, text="secret")
    for name in ("spread/secret.txt", "spread/sub/.env", "spread/pack/.env")
]
put(one, "unknown/module.py")
from spread import first

assert see(data, first.read)
for name in ("second", "sub.third", "pack"):
    source = (
        f"__import__('importlib').import_module"
        f"('spread.{name}').read('/dev/null')"
    )
    assert run(eval, (source,)) == b"", name
for path in secrets:
    assert open(path).read() == "secret"
    assert not see(path, first.read), path
    assert see(path, first.read, read=[path]), path
source = "__import__('unknown.module').module.read('/dev/null')"
# Without mounts it is there, and closed.
kinds = (ModuleNotFoundError, PermissionError)
error = refused(kinds, run, eval, (source,))
assert "imports=['unknown']" in str(error), error
assert run(eval, (source,), imports=["unknown"]) == b""
shutil.rmtree(one), shutil.rmtree(two)
