"""A machine on which advice is carried out, and what the tests share that do.

Each advice of `boxed._policy.advice` has a test, marked with its name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from carrying import Program
from machine import Machine, variables
from systems import System
from users import User

from boxed._policy.advice import ADVICE

CARRIED: set[str] = set()


def carries(*names: str) -> Callable[[Callable], Callable]:
    """The advice that a test carries out."""
    assert set(names) <= set(ADVICE)

    def note(test: Callable) -> Callable:
        CARRIED.update(names)
        return test

    return note


@dataclass
class Place:
    """A machine of a test's own, with root and an ordinary user."""

    machine: Machine
    system: System
    user: User

    @property
    def root(self) -> list[str]:
        """What root's commands run in."""
        return [self.machine.enter, *self.system.binds, "--"]

    def program(
        self,
        *enter: str,
        root: bool = False,
        python: str | None = None,
        through: Sequence[str] = (),
        env: dict[str, str] | None = None,
    ) -> Program:
        """One of the user's, or of root's, with further options of `enter`;
        by an interpreter that everybody can read."""
        ids = () if root else self.machine.ids(self.user)
        argv = [*through, *self.root[:-1], *ids, *enter, "--"]
        home = Path("/root") if root else self.user.home
        more = variables(home, "root" if root else self.user.name)
        return Program(
            [*argv, python or self.machine.python(None)],
            {**more, **(env or {})},
        )

    def setup(self, *options: str) -> None:
        command = [self.machine.python(None), "-m", "boxed", "setup"]
        done = subprocess.run(
            [*self.root, *command, *options],
            capture_output=True,
            text=True,
            check=False,
            env=variables(Path("/root"), "root"),
            cwd="/",
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def clean(self) -> None:
        self.system.launcher.unlink(missing_ok=True)
        self.system.configuration.unlink(missing_ok=True)


def words(name: str) -> str:
    """What is sure to be in an advice: the beginning of its text."""
    return ADVICE[name].partition("{")[0].partition("`")[0]


def failed(told: dict[str, object], name: str) -> str:
    """The remedy of a call that failed, which must be this one."""
    assert "value" not in told, told
    text = str(told["remedy"] or told["error"])
    assert words(name) in text, told
    return text


def works(told: dict[str, object], tier: str | None = None) -> None:
    assert told.get("value") == 3, told
    assert tier is None or told["tier"] == tier, told
