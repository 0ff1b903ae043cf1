"""boxed builds and works on every CPython from 3.9 on that there is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from environments import CHECKOUT, interpreters

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


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "interpreter", interpreters(), ids=lambda one: one.name
)
def test_builds_and_works(interpreter, tmp_path):
    """A wheel of its own, in an environment of its own, runs the smoke."""
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=BUILT)
        else:
            shutil.copy(source, tmp_path / name)
    python = tmp_path / "venv" / "bin" / "python"
    command(interpreter.path, "-m", "venv", "venv", cwd=tmp_path)
    install = (python, "-m", "pip", "install", "-q")
    command(
        *install,
        "setuptools>=77",
        "wheel",
        "cloudpickle",
        "dill",
        cwd=tmp_path,
    )
    command(*install, "--no-build-isolation", ".", cwd=tmp_path)
    for name in ("boxed", "src"):
        shutil.rmtree(tmp_path / name)
    smoke = shutil.copy(CHECKOUT / "tests" / "smoke.py", tmp_path)
    assert "smoke passed" in command(python, smoke, cwd=tmp_path)
