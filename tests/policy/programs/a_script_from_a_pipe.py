"""Run by test_odd_paths: has from_a_pipe.py run from one."""

import os
import subprocess
import sys

from harness import ISOLATION

program = os.path.join(os.path.dirname(__file__), "from_a_pipe.py")
with open(program, "rb") as file:
    done = subprocess.run(
        [sys.executable, "/dev/stdin", ISOLATION],
        input=file.read(),
        stdout=subprocess.PIPE,
    )
assert done.stdout == b"5\n", done
