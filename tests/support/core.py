"""Running boxed in an environment: what the core suite's tests share."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from calling import isolation
from environments import SUPPORT, Environment

# Modules that programs of several rooms import.
BESIDE = SUPPORT / "beside"


def tested_as(
    environment: Environment, env: Mapping[str, str] | None
) -> dict[str, str]:
    """The variables of a program there, with what its harness reads."""
    return {"TESTED_ISOLATION": isolation(environment), **(env or {})}


def check(
    environment: Environment,
    code: str,
    *args: str,
    env: Mapping[str, str] | None = None,
    **options,
) -> str:
    """Run a line or two as `python -c`, behind the harness; it must succeed;
    returns its stdout."""
    harness = (BESIDE / "harness.py").read_text()
    # First, so that run and the like are the harness's.
    code = f"from boxed import *\n{harness}\n{code}"
    env = tested_as(environment, env)
    return environment.check(code, *args, env=env, **options).stdout


def modules_of(path: Path) -> set[Path]:
    """The modules of a program that lie next to it or in `beside`, and what
    those import in turn."""
    found: set[Path] = set()
    text = path.read_text()
    for name in re.findall(r"^ *(?:from|import) (\w+)", text, re.M):
        for folder in (path.parent, BESIDE):
            module = folder / f"{name}.py"
            if module.exists():
                found |= {module, *modules_of(module)}
    return found


def check_file(
    environment: Environment, path: Path, *args: str, **options
) -> str:
    """Run a copy of a program, with copies of its modules next to it; it must
    succeed; returns its stdout."""
    done = run_file(environment, path, *args, check=True, **options)
    return done.stdout


def run_file(
    environment: Environment,
    path: Path,
    *args: str,
    beside: Sequence[Path] = (),
    env: Mapping[str, str] | None = None,
    **options,
) -> subprocess.CompletedProcess[str]:
    """The same, however it ends.

    :param beside: further files of which copies lie next to it.
    """
    return environment.script(
        path,
        *args,
        beside=[*modules_of(path), *beside],
        env=tested_as(environment, env),
        **options,
    )
