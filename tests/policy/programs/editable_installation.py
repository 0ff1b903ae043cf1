"""Run by test_found."""

import importlib.util
import shutil
import sys
import types

from harness import run
from project import fresh, put

base = fresh()
put(base, "src/edited/__init__.py")
hook = types.ModuleType("__editable___edited_1_0_finder")
mapping = {"edited": base + "/src/edited"}
hook.__dict__["MAPPING"] = mapping


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in mapping:
            return importlib.util.spec_from_file_location(
                name, mapping[name] + "/__init__.py"
            )


Finder.__module__ = hook.__name__
sys.modules[hook.__name__] = hook
sys.meta_path.append(Finder)
assert "edited" not in sys.modules
source = "__import__('edited').read('/dev/null')"
assert run(eval, (source,)) == b""
assert "edited" not in sys.modules
shutil.rmtree(base)
