"""A caller that stays: a process in an environment which makes calls when it
is told to, and tells what came of each."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environments import Environment
from proc import descendants

# Functions that the fixture `guests` brings.
ADD = "launcher_attacks:add"
HOLD = "launcher_attacks:hold"


SERVER = """
import importlib, json, os, sys
from boxed import run, BoxedError
for line in sys.stdin:
    asked = json.loads(line)
    module, _, name = asked.pop("function").partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        answer = {"value": run(function, serializer="json", **asked)}
    except Exception as error:
        answer = {
            "error": type(error).__name__,
            "bases": [base.__name__ for base in type(error).__mro__],
            "text": str(error),
            "stage": getattr(error, "stage", None),
            "errno": getattr(error, "errno", None),
        }
    print(json.dumps(answer), flush=True)
"""


def isolation(environment: Environment) -> str:
    """What a caller there must ask for: landlock is never automatic."""
    return "landlock" if environment.tier_expected == "landlock" else "auto"


def path_with(environment: Environment, folder: str) -> dict[str, str]:
    """The variables with which modules in FOLDER are imported as well."""
    before = environment.variables.get("PYTHONPATH", "")
    return {"PYTHONPATH": f"{folder}:{before}".strip(":")}


class Caller:
    """The process; `call` makes a call in it, `ask` and `answer` in two.

    :param standby_seconds: how long its standbys live, else as for users.
    """

    def __init__(
        self,
        environment: Environment,
        env: Mapping[str, str] | None = None,
        *,
        standby_seconds: float | None = None,
    ) -> None:
        self.isolation = isolation(environment)
        setting = ""
        if standby_seconds is not None:
            setting = (
                "from boxed._live import prefork\n"
                f"prefork.STANDBY_SECONDS = {standby_seconds}\n"
            )
        self._process = subprocess.Popen(
            [
                *environment.argv_prefix,
                environment.interpreter,
                "-c",
                setting + SERVER,
            ],
            env={**environment.variables, **(env or {})},
            cwd=environment.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.pid = self._process.pid

    def ask(self, function: str, *args: object, **options: object) -> None:
        asked = {"function": function, "args": args, **options}
        asked.setdefault("isolation", self.isolation)
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def answer(self, seconds: float = 30) -> dict[str, Any]:
        ready = select.select([self._process.stdout], [], [], seconds)[0]
        assert ready, f"no answer within {seconds} s"
        return json.loads(self._process.stdout.readline())

    def call(self, function: str, *args: object, **options: object):
        self.ask(function, *args, **options)
        return self.answer()

    def sandbox(self) -> list[int]:
        """The processes of its sandboxes, as the host sees them."""
        return descendants(self.pid)

    def kill(self) -> None:
        self._process.kill()
        self.__exit__()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()


def parts(caller: Caller) -> dict[str, int]:
    """The sandbox's processes by what they are: the launcher's that waits or
    supervises, the zygote, the worker of a call in progress that holds, and
    one that does not, or not yet."""
    launchers, held, others = [], [], []
    for pid in caller.sandbox():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            known = {"python_boxed": launchers, "held": held}
            known.get(name, others).append(pid)
    names = dict(zip(("zygote", "standby"), others))
    names |= dict(zip(("worker",), held))
    if launchers:
        names |= {"outermost": launchers[0], "supervisor": launchers[-1]}
    return names
