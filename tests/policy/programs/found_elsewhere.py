"""Run by test_found."""

import importlib.util
import shutil
import sys

from harness import refused, run
from project import READ, fresh, put, see

base = fresh()
put(base, "edit/__init__.py", text="from .deep import read\n")
put(base, "edit/deep.py")
data = put(base, "edit/data.txt", text="data")
put(base, "single.py")
put(base, "gone/gone_since.py", text=READ + "import gone_too as too\n")
put(base, "gone/gone_too.py")
put(base, "lazy.py")
secrets = [
    put(base, name, text="secret")
    for name in (".env", "expected.txt", "edit/.env", "gone/secret.txt")
]


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "edit":
            return importlib.util.spec_from_file_location(
                name, base + "/edit/__init__.py"
            )


sys.meta_path.append(Finder)
import edit

spec = importlib.util.spec_from_file_location("by_file", base + "/single.py")
assert spec is not None
by_file = importlib.util.module_from_spec(spec)
sys.modules["by_file"] = by_file
spec.loader.exec_module(by_file)
sys.path.insert(0, base + "/gone")
import gone_since

del sys.path[0]
for read in (edit.read, by_file.read, gone_since.read, gone_since.too.read):
    assert see(data, read), read
    for path in secrets:
        assert open(path).read() == "secret"
        assert not see(path, read), (path, read)
        assert see(path, read, read=[path]), (path, read)
# One that is not imported here, but named.
Finder.find_spec = staticmethod(
    lambda name, path=None, target=None: (
        importlib.util.spec_from_file_location(name, base + "/lazy.py")
        if name == "lazy"
        else None
    )
)
source = "__import__('lazy').read('/dev/null')"
refused(ModuleNotFoundError, run, eval, (source,))
assert run(eval, (source,), imports=["lazy"]) == b""
shutil.rmtree(base)
