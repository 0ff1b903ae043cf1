"""Callers to attack from within: one program per environment, kept for the
whole session."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from calling import isolation
from environments import Environment, sleep_until
from talking import Talking
from users import SYSTEM, TARGETS

from .processes import Process, descendants

HERE = Path(__file__).parent

# One environment for each tier, and for each way to the first.
TIERS = {
    "root": "full",
    "user": "full",
    "rootless": "rootless",
    "docker-user": "uid",
    "kubernetes": "landlock",
}
# Options of a call that may start processes, where a tier lets it.
FAMILY = {"limits": {"processes": 16, "threads": 64}}
NAMESPACES = frozenset({"full", "rootless"})
OWN_UID = frozenset({"full", "uid"})


class Failed(AssertionError):
    """A call in the sandbox or its control failed as such."""


class Caller(Talking):
    """The program of driver.py, running in an environment."""

    def __init__(
        self, environment: Environment, folder: Path, targets: Path
    ) -> None:
        self.environment = environment
        self.targets = targets
        self.name = environment.name
        self.tier = TIERS[self.name]
        self.isolation = isolation(environment)
        self.folder = folder
        self._ids = itertools.count()
        super().__init__(
            [
                *environment.argv_prefix,
                *(environment.interpreter, folder / "driver.py"),
                self.isolation,
            ],
            env=environment.variables,
            cwd=environment.home,
        )

    def make_folder(self) -> Path:
        """A folder of the caller's, outside all that its guest is shown."""
        folder = Path(tempfile.mkdtemp(prefix="target-", dir=self.targets))
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, self.environment.uid, self.environment.gid)
        return folder

    @property
    def has_namespaces(self) -> bool:
        return self.tier in NAMESPACES

    def refuses_families(self) -> bool:
        """Without a pid namespace more than one process is refused."""
        if not self.has_namespaces:
            told = self.outcome("add", 1, 2, **FAMILY)
            assert told["error"] == "SetupError"
        return not self.has_namespaces

    def ask(self, where: str, name: str, args, **more) -> dict:
        self.tell({"where": where, "name": name, "args": list(args), **more})
        reply = self.answer()
        if reply is None:
            raise Failed(f"{self.name}: {name} in {where} ended the caller")
        return reply

    def sandbox(self, name: str, *args, **options):
        """The function's value, in the sandbox."""
        return self._value(self.outcome(name, *args, **options), name)

    def outcome(self, name: str, *args, **options) -> dict:
        """What the call gave in the sandbox, an exception included."""
        return self.ask("sandbox", name, args, options=options)

    def control(self, name: str, *args):
        """The function's value without a sandbox, as the same user."""
        return self._value(self.ask("control", name, args), name)

    def control_outcome(self, name: str, *args) -> dict:
        return self.ask("control", name, args)

    def caller(self, name: str, *args):
        """The value of a function of driver.py, in the caller itself."""
        return self._value(self.ask("caller", name, args), name)

    def start(self, name: str, *args, **options) -> int:
        """Begin a call in a thread of the caller's; a number to join it by."""
        number = next(self._ids)
        self.ask("start", name, args, options=options, id=number)
        return number

    def start_control(self, name: str, *args) -> int:
        number = next(self._ids)
        self.ask("start control", name, args, id=number)
        return number

    def join(self, number: int) -> dict:
        return self.ask("join", "join", [], id=number)

    def _value(self, reply: dict, name: str):
        if "error" in reply:
            raise Failed(f"{self.name}: {name}: {reply}")
        return reply["value"]

    def boxes(self) -> list[Process]:
        """Everything below the caller: launchers, supervisors, zygotes and
        the workers of calls that are live."""
        return descendants(self.pid)

    @contextlib.contextmanager
    def without_standbys(self) -> Iterator[None]:
        """End them, and have none opened meanwhile."""
        self.caller("stop_standbys")
        try:
            self.caller("end_standbys")
            yield
        finally:
            self.caller("allow_standbys")

    def workers(self, before: list[Process]) -> list[Process]:
        """What has come since BEFORE."""
        known = {(p.pid, p.start) for p in before}
        return [p for p in self.boxes() if (p.pid, p.start) not in known]

    def named(self, name: str) -> list[Process]:
        """The process, if any, that has taken a name of 15 letters."""
        return [one for one in self.boxes() if one.name == name]

    @contextlib.contextmanager
    def staying(self) -> Iterator[Process]:
        """The process of a call that does nothing; it is there all along."""
        name = f"stays{secrets.token_hex(5)}"
        number = self.start("stay", name, 20)
        worker = sleep_until(lambda: self.named(name), 20, "the call")[0]
        yield worker
        os.kill(worker.pid, signal.SIGKILL)
        assert self.join(number)["signal"] == signal.SIGKILL

    def close(self) -> None:
        # What attacked it may have left it without an end of its own.
        with contextlib.suppress(subprocess.TimeoutExpired):
            super().close()


class Callers:
    """The callers of the session, each made when first asked for."""

    def __init__(self, machine) -> None:
        self.machine = machine
        # Not below /tmp: guests are shown it, and theirs is to be empty.
        self.folder = machine.folder(SYSTEM if machine.root else TARGETS)
        copies = shutil.copytree(
            HERE / "attacks",
            self.folder / "attacks",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        copies.chmod(0o755)
        driver = Path(shutil.copy(HERE / "driver.py", self.folder))
        for path in (driver, *copies.iterdir()):
            path.chmod(0o644)
        self.targets = machine.folder(TARGETS)
        self._live: dict[str, Caller] = {}

    def environment(self, name: str) -> Environment:
        return self.machine.environment(name)

    def make(self, environment: Environment) -> Caller:
        """A caller of its own, for what does not leave one as it was."""
        return Caller(environment, self.folder, self.targets)

    def get(self, name: str) -> Caller:
        caller = self._live.get(name)
        if caller is None or not caller.is_alive():
            caller = self._live[name] = self.make(self.environment(name))
        return caller

    def stranger(self, name: str) -> tuple[Environment, Environment]:
        """The environment, and the same one as another ordinary user's, with
        an interpreter that both can read."""
        from environments import RECIPES

        first = self.environment(name)
        other = self.machine.user("b")
        shared = self.machine.python(None)
        groups = RECIPES[name].groups
        old = self.machine.ids(self.machine.user("a"), groups)
        new = self.machine.ids(other)
        enter = tuple(first.enter)
        at = next(
            n for n in range(len(enter)) if enter[n : n + len(old)] == old
        )
        enter = (*enter[:at], *new, *enter[at + len(old) :])
        second = replace(
            first,
            enter=enter,
            uid=other.uid,
            gid=other.gid,
            home=other.home,
            interpreter=shared,
        )
        return replace(first, interpreter=shared), second

    def close(self) -> None:
        for caller in self._live.values():
            caller.close()
