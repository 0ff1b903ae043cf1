"""Run by test_causes."""

import os

from harness import Sandbox, refused, run

from boxed import LimitExceeded, Limits

FILL = open(os.path.join(os.path.dirname(__file__), "fill.py")).read()
# The same, and then a little is given back of each size.
RAISING = (
    "def raising(): raise ValueError('x' * 100)\n"
    "spare = [[bytes(size) for _ in range(20)] for size in range(1, 500, 8)]\n"
    f"{FILL}"
    "del spare\n"
    "raising()\n"
)

few = {"limits": Limits(memory=32 << 20), "timeout": 60}
refused(MemoryError, run, exec, (FILL + "raise MemoryError",), **few)
# With as much left as the interpreter needs to raise it.
error = refused(ValueError, run, exec, (RAISING,), **few)
assert error.message == "x" * 100
assert "Limits(memory=" in error.notes[0], error.notes
assert error.traceback
error = refused(
    Exception, run, exec, (FILL + "import decimal, ctypes",), **few
)
if isinstance(error, LimitExceeded):
    error = error.__cause__
assert "memory" in (str(error) + error.traceback).lower(), error
assert run(exec, (FILL,), **few) is None

# The list fits, and what a pickler notes of it does not.
few["limits"] = Limits(memory=40 << 20)
source = "[[] for _ in range(440000)]"
assert run(eval, (f"len({source})",), **few) == 440000
error = refused(MemoryError, run, eval, (source,), **few)
assert "list" in str(error), error
assert len(run(eval, (source,), timeout=60)) == 440000
with Sandbox(**few) as sandbox:
    results = sandbox.map(eval, ["1", source], chunksize=2)
    error = refused(MemoryError, list, results)
    assert "results" in str(error), error

# Arguments that do not fit, by socket and by store.
tiny = {"limits": Limits(memory=1 << 20)}
assert run(abs, (-1,), **tiny) == 1
for size in (900 << 10, 30 << 20):
    refused(MemoryError, run, len, (bytes(size),), **tiny)
