"""Running boxed in an environment: what the core suite's tests share."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from calling import isolation
from environments import SUPPORT, Environment

# Modules that programs of several rooms import.
BESIDE = SUPPORT / "beside"

PREAMBLE = """\
import os, sys
from functools import partial
import boxed
from boxed import *
ISOLATION = {isolation!r}
run = partial(boxed.run, isolation=ISOLATION)
Sandbox = partial(boxed.Sandbox, isolation=ISOLATION)
def refused(kind, function, *args, **options):
    try:
        value = function(*args, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {{kind}}, but {{value!r}}")
def left_in(folder, **options):
    # A checkout or an interpreter below /tmp is shown to every call.
    shown = [path + "/" for path in (*sys.path, sys.prefix, sys.base_prefix)]
    return [name for name in run(os.listdir, (folder,), **options)
            if not any(p.startswith(f"{{folder}}/{{name}}/") for p in shown)]
"""


def program(environment: Environment, code: str) -> str:
    """The code behind the preamble."""
    preamble = PREAMBLE.format(isolation=isolation(environment))
    return preamble + textwrap.dedent(code)


def check(environment: Environment, code: str, *args: str, **options) -> str:
    """Run code as `python -c`; it must succeed; returns its stdout."""
    code = program(environment, code)
    return environment.check(code, *args, **options).stdout


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
        env={"TESTED_ISOLATION": isolation(environment), **(env or {})},
        **options,
    )
