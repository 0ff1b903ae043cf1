"""Python as whoever runs the tests, with the boxed of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys

from environments import CHECKOUT


def run_here(*argv: str | os.PathLike[str]) -> str:
    """Run the interpreter, which must succeed; returns its stdout."""
    return subprocess.run(
        [sys.executable, *argv],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    ).stdout
