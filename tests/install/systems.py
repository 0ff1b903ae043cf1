"""Private copies of /etc and /usr/bin, in which boxed is set up."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from environments import CHECKOUT, CONFIGURATION, LAUNCHER
from machine import Machine, variables
from variants import CAPABILITIES

NUMBERS = itertools.count()

# The stand-in launcher of the test comes as the first argument.
SETUP = """
import argparse, pathlib, sys
from boxed._cli import setup
from boxed._install import plan
plan.SOURCE = pathlib.Path(sys.argv.pop(1))
parser = argparse.ArgumentParser("boxed setup")
setup.add_arguments(parser)
sys.exit(setup.main(parser.parse_args()))
"""


@dataclass
class System:
    """A machine's /etc and /usr/bin, as far as `boxed setup` sees them."""

    machine: Machine
    binds: tuple[str, ...]
    programs: Path
    source: Path
    folder: Path

    @property
    def launcher(self) -> Path:
        return self.programs / LAUNCHER.name

    @property
    def configuration(self) -> Path:
        return self.programs.parent / "etc" / CONFIGURATION.name

    def setup(self, *options, enter=(), through=(), code=0) -> str:
        """Run `boxed setup`, which must end with that exit status; returns
        what it printed, errors included."""
        words = (SETUP, self.source, *options)
        return self.python(*words, enter=enter, through=through, code=code)

    def python(self, source, *words, enter=(), through=(), code=0) -> str:
        """Run a program there, as root."""
        argv = [*through, self.machine.enter, *self.binds, *enter, "--"]
        argv += [sys.executable, "-W", "error", "-c", source]
        done = subprocess.run(
            [*argv, *words],
            env={
                **variables(Path("/root"), "root"),
                "PYTHONPATH": str(CHECKOUT),
            },
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def state(self) -> dict[str, tuple[object, ...]]:
        """Everything a run could have changed."""
        folders = (self.programs, self.configuration.parent, self.folder)
        return {
            str(path): (status.st_ino, status.st_mtime_ns, status.st_mode)
            for folder in folders
            for path in folder.iterdir()
            for status in [path.lstat()]
        }


def make_system(machine: Machine) -> Iterator[System]:
    if not machine.root:
        pytest.skip("only root can set up the launcher")
    name = f"test{next(NUMBERS)}"
    binds, programs = machine.copy_system(name)
    folder = machine.system / f"folder-{name}"
    folder.mkdir(mode=0o755)
    source = programs.parent / "source"
    shutil.copy(machine.program("probe", "probe.c"), source)
    yield System(machine, binds, programs, source, folder)
    shutil.rmtree(programs.parent)


def refuses(system: System, *options: str, code: int = 1) -> str:
    """Run `boxed setup`, which must fail and change nothing."""
    before = system.state()
    said = system.setup(*options, code=code)
    assert system.state() == before
    return said


def assert_installed(path: Path, source: Path, group=0, mode=0o755) -> None:
    status = path.lstat()
    assert (status.st_uid, status.st_gid) == (0, group)
    assert stat.S_IMODE(status.st_mode) == mode
    assert os.getxattr(path, "security.capability") == CAPABILITIES
    assert path.read_bytes() == source.read_bytes()
