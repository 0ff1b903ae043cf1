"""Run by test_causes: what a guest leaves behind, and does no harm to what it
then raises or not."""

from harness import refused, run, source

from boxed import RemoteError


def low_stack():
    import sys

    try:
        for most in range(100, 1, -1):
            sys.setrecursionlimit(most)
    except RecursionError:
        pass


def threads():
    import threading

    for daemon in (True, False):
        spin = threading.Thread(target=lambda: [0 for _ in iter(int, 1)])
        spin.daemon = daemon
        spin.start()


BROKEN = {
    "no streams": "import sys\ndel sys.stdout, sys.stderr\n",
    "streams that are none": "import sys\nsys.stdout = sys.stderr = 5\n",
    "closed streams": "import sys\nsys.stdout.close()\nsys.stderr.close()\n",
    "closed descriptors": "import os\nos.close(0), os.close(1), os.close(2)\n",
    "no builtins": "import builtins\nbuiltins.__dict__.clear()\n",
    "no modules": "import sys\nsys.modules.clear()\n",
    "no sys": "import sys\nsys.__dict__.clear()\n",
    "a low stack": source(low_stack),
    "no collector": "import gc\ngc.disable()\n",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')\n",
    "threads": source(threads),
}
for name, code in BROKEN.items():
    assert run(exec, (code,), timeout=60) is None, name
    raising = "error = ValueError('x')\n" + code + "raise error"
    error = refused(RemoteError, run, exec, (raising,), timeout=60)
    assert isinstance(error, ValueError), (name, error)
    assert error.args == ("x",) and str(error) == "x", (name, error)
