"""boxed builds and works on every CPython from 3.9 on that there is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from environments import CHECKOUT, SUPPORT, Interpreter, interpreters

SOURCES = (
    "boxed",
    "src",
    "setup.py",
    "pyproject.toml",
    "README.rst",
    "LICENSE",
)
BUILT = shutil.ignore_patterns("*.so", "python_boxed", "__pycache__")


def command(*words: str | Path, cwd: Path) -> str:
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def build_and_run(interpreter: Interpreter, where: Path) -> str:
    """What the smoke says in an environment of its own."""
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, where / name, ignore=BUILT)
        else:
            shutil.copy(source, where / name)
    python = where / "venv" / "bin" / "python"
    command(interpreter.path, "-m", "venv", "venv", cwd=where)
    install = (python, "-m", "pip", "install", "-q")
    command(
        *install,
        "setuptools>=77",
        "wheel",
        "cloudpickle",
        "dill",
        cwd=where,
    )
    command(*install, "--no-build-isolation", ".", cwd=where)
    for name in ("boxed", "src"):
        shutil.rmtree(where / name)
    smoke = shutil.copy(SUPPORT / "smoke.py", where)
    return command(python, smoke, cwd=where)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "interpreter", interpreters(), ids=lambda one: one.name
)
def test_builds_and_works(interpreter, tmp_path):
    """A wheel of its own, in an environment of its own, runs the smoke."""
    assert "smoke passed" in build_and_run(interpreter, tmp_path)
