"""Fixtures of the security tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from variants import Variants

HERE = Path(__file__).parent
# Modules whose functions guests run.
MODULES = ("launcher_attacks.py",)


@pytest.fixture(scope="session")
def variants(machine, users) -> Variants:
    """Builds launchers with a wall taken out."""
    machine.need_root("a launcher with capabilities")
    folder = machine.system / "variants"
    folder.mkdir()
    return Variants(folder)


@pytest.fixture(scope="session")
def guests(machine) -> str:
    """A directory of modules for guests, which every uid can read."""
    folder = (machine.system if machine.root else machine.scratch) / "guests"
    folder.mkdir()
    for name in MODULES:
        shutil.copy(HERE / name, folder)
    return str(folder)
