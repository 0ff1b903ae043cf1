"""Actions on files, tried in a Landlock domain or outside of one."""

import os
import sys
from pathlib import Path

import pytest
from confine_build import PROGRAMS, confined

ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="the control needs root's capabilities"
)

ABI = int(confined("abi").stdout)

READING = {"read", "list", "execute"}
DEVICES = {"character device", "block device"}


def interpreter_grants():
    """What the Python that runs the actions needs to read."""
    prefixes = {sys.base_prefix, sys.prefix, "/usr", "/lib", "/lib64", "/etc"}
    return [f"r:{path}" for path in sorted(prefixes) if Path(path).exists()]


def python(steps, program, *args):
    """The text of a program of this room, which the steps may close."""
    body = (PROGRAMS / f"{program}.py").read_text()
    return confined(
        *steps, "--", "exec", sys.executable, "-I", "-c", body, *args
    )


def attempt(steps, where):
    """The errno of each action, 0 for success."""
    result = python(steps, "actions", str(where))
    assert result.returncode == 0, result.stderr
    lines = [line.split(":") for line in result.stdout.splitlines()]
    return {name: int(error) for name, error in lines}
