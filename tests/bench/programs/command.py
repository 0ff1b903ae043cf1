"""For programs of test_bench: boxed's command."""

import subprocess
import sys


def boxed_command(*words):
    return subprocess.run(
        [sys.executable, "-m", "boxed", *words],
        capture_output=True,
        text=True,
    )
