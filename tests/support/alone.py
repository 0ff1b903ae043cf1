"""Tests that cannot share the machine: `@pytest.mark.alone`.

The suite runs in several processes, each with processes, mounts and IPC of
its own (see `apart`).  What is left to share are the kernel's counts for each
uid, above all those of nobody, and what sysctls set.  A test that uses such a
count up, sets such a thing, or would fail if others did, says `alone`: it
begins when no other test runs, and none begins before it ends.

Everybody passes the gate before entering, so that one who waits to be alone
has only those to wait for who are inside.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from users import SYSTEM, TARGETS

# Two directories that are there for everyone, to be locked.
GATE, INSIDE = SYSTEM, TARGETS


class Alone:
    """A plugin: holds the machine for as long as a test takes."""

    def __init__(self, gate: Path = GATE, inside: Path = INSIDE) -> None:
        self.gate = os.open(gate, os.O_RDONLY | os.O_DIRECTORY)
        self.inside = os.open(inside, os.O_RDONLY | os.O_DIRECTORY)

    @contextlib.contextmanager
    def holding(self, how: int) -> Iterator[None]:
        fcntl.flock(self.gate, fcntl.LOCK_EX)
        fcntl.flock(self.inside, how)
        fcntl.flock(self.gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self.inside, fcntl.LOCK_UN)

    # First, so that no test's timeout counts the wait.
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item) -> Iterator[None]:
        alone = item.get_closest_marker("alone") is not None
        with self.holding(fcntl.LOCK_EX if alone else fcntl.LOCK_SH):
            yield
