"""A command imports what it needs, and nothing of another command."""

from __future__ import annotations

import subprocess
import sys

import pytest
from environments import CHECKOUT

# Of the standard library, what other commands use and a call never.
OTHERS = {"decimal", "hashlib", "secrets", "statistics", "subprocess"}
COMMAND = """
from boxed.__main__ import main
assert main(["run", "math:sqrt", "4"]) == 0
"""


def loaded(program: str) -> set[str]:
    """What a program has imported when it is done."""
    shown = "import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{shown}"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_a_call_from_the_shell_imports_little():
    """Where it returns, and nothing has to be explained."""
    assert not OTHERS & loaded(COMMAND)


@pytest.mark.fast
def test_what_others_import_would_show():
    """Some of it to offer their options, the rest for their work."""
    others = loaded("import boxed._cli.setup, boxed._bench.short")
    assert others >= OTHERS, OTHERS - others
