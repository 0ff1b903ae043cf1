"""Run by test_odd_paths: has in_its_environment.py run by an interpreter in
the directory of a project."""

import os
import shutil
import subprocess
import sys

from harness import ISOLATION
from project import fresh, put

import boxed

base = fresh()
subprocess.run(
    [
        *(sys.executable, "-m", "venv", "--without-pip"),
        *("--system-site-packages", base),
    ],
    check=True,
)
put(base, ".env", text="secret")
put(base, "expected.txt", text="secret")
put(base, "code/expected.txt", text="secret")
put(base, "ways.py")
program = os.path.join(os.path.dirname(__file__), "in_its_environment.py")
done = subprocess.run(
    [
        *(base + "/bin/python", shutil.copy(program, base)),
        *(os.path.dirname(os.path.dirname(boxed.__file__)), ISOLATION),
    ],
    capture_output=True,
    text=True,
)
assert done.stdout == "done\n", done
shutil.rmtree(base)
