"""Python as whoever runs the tests, with the boxed of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys

from environments import CHECKOUT


def completed_here(
    *argv: str | os.PathLike[str],
) -> subprocess.CompletedProcess[str]:
    """The interpreter with these arguments, which must succeed."""
    return subprocess.run(
        [sys.executable, *argv],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def run_here(*argv: str | os.PathLike[str]) -> str:
    """Its stdout."""
    return completed_here(*argv).stdout
