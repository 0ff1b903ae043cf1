"""Run by test_found."""

import shutil
import sys

from harness import refused, run
from project import fresh, put

base = fresh()
sys.path.insert(0, base)
put(
    base,
    "pack/__init__.py",
    text=(
        "import importlib.resources, inspect, pkgutil\n"
        "def find():\n"
        "    return (pkgutil.get_data('pack', 'data.txt'),\n"
        "            importlib.resources.files('pack').joinpath(\n"
        "                'data.txt').read_text(),\n"
        "            'def find' in inspect.getsource(find))\n"
        "def fail():\n"
        "    raise ValueError(1)  # this line\n"
    ),
)
put(base, "pack/data.txt", text="data")
import pack

assert run(pack.find) == (b"data", "data", True)
error = refused(ValueError, run, pack.fail)
assert "# this line" in error.traceback
shutil.rmtree(base)
