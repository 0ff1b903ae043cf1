"""Run by test_found."""

import importlib.util
import shutil
import sys
import types

from project import fresh, put, see

base = fresh()
path = put(base, "tests/unit/test_it.py")
secret = put(base, "tests/unit/secret", text="secret")
for name in ("tests", "tests.unit"):
    sys.modules[name] = types.ModuleType(name)
spec = importlib.util.spec_from_file_location("tests.unit.test_it", path)
assert spec is not None
made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
sys.modules["tests.unit"].__dict__["test_it"] = made
assert see(path, made.read)
assert not see(secret, made.read)
assert see(secret, made.read, read=[secret])
shutil.rmtree(base)
