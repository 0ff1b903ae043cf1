"""A caller that stays: a process in an environment which makes calls when it
is told to, and tells what came of each."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from environments import SUPPORT, Environment
from proc import descendants
from talking import Talking

# Functions that the fixture `guests` brings.
ADD = "launcher_attacks:add"
HOLD = "launcher_attacks:hold"

SERVING = SUPPORT / "beside" / "serving.py"


def isolation(environment: Environment) -> str:
    """What a caller there must ask for: landlock is never automatic."""
    return "landlock" if environment.tier_expected == "landlock" else "auto"


def path_with(environment: Environment, folder: str) -> dict[str, str]:
    """The variables with which modules in FOLDER are imported as well."""
    before = environment.variables.get("PYTHONPATH", "")
    return {"PYTHONPATH": f"{folder}:{before}".strip(":")}


class Caller(Talking):
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
        self._place = contextlib.ExitStack()
        program = self._place.enter_context(environment.copy(SERVING))
        words = () if standby_seconds is None else (str(standby_seconds),)
        super().__init__(
            [
                *environment.argv_prefix,
                *(environment.interpreter, program, *words),
            ],
            env={**environment.variables, **(env or {})},
            cwd=environment.home,
        )

    def ask(self, function: str, *args: object, **options: object) -> None:
        asked = {"function": function, "args": args, **options}
        asked.setdefault("isolation", self.isolation)
        self.tell(asked)

    def call(self, function: str, *args: object, **options: object):
        self.ask(function, *args, **options)
        return self.answer(30)

    def sandbox(self) -> list[int]:
        """The processes of its sandboxes, as the host sees them."""
        return descendants(self.pid)

    def close(self) -> None:
        with self._place:
            super().close()


def parts(caller: Caller) -> dict[str, int]:
    """The sandbox's processes by what they are: the launcher's that waits or
    supervises, the zygote, the worker of a call in progress that holds, and
    one that does not, or not yet."""
    launchers, keepers, held, others = [], [], [], []
    for pid in caller.sandbox():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            known = {
                "python_boxed": launchers,
                "boxed_keeper": keepers,
                "held": held,
            }
            known.get(name, others).append(pid)
    names = dict(zip(("zygote", "standby"), others))
    names |= dict(zip(("worker",), held))
    if launchers:
        names |= {"outermost": launchers[0], "supervisor": launchers[-1]}
    return names
