"""Run by test_grants."""

import builtins
import os
import subprocess
import sys

import cloudpickle
from harness import refused, run, source
from scratch import folder

from boxed._live import registry

sys.path.insert(0, folder)
planted = os.path.join(folder, "functools.py")


def plant(path):
    import os

    # Each of these sandboxes has a uid of its own.
    if os.path.exists(path):
        os.unlink(path)
    with open(path, "w") as file:
        file.write("import builtins; builtins.planted = 1")


look = "hasattr(__import__('builtins'), 'planted')"
for _ in range(3):
    run(exec, (source(plant, planted),), write=[folder])
assert run(eval, (look,), write=[folder]) is False
# Nor by the zygotes of other sandboxes, and of one made anew.
registry.close_all()
for options in ({"write": [folder]}, {}, {"serializer": "json"}):
    for _ in range(3):
        assert run(eval, (look,), **options) is False, options
# The control: who does import it has it.
found = subprocess.run(
    [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys;"
        f" sys.path.insert(0, {folder!r}); import functools;"
        f" print({look})",
    ],
    capture_output=True,
    text=True,
)
assert found.stdout == "True\n", found
os.unlink(planted)

# What functions sent by value are read with is not looked for there either.
planted = os.path.join(folder, "cloudpickle.py")
run(exec, (source(plant, planted),), write=[folder])
registry.close_all()
assert cloudpickle.dump
assert run(lambda: hasattr(builtins, "planted")) is False
# The control: the caller names it, and so it is what is found there.
registry.close_all()
refused(AttributeError, run, abs, (-1,), serializer="cloudpickle")
os.unlink(planted)
