"""Carries out what a message of boxed advises, and calls again.

    carrying.py JSON

runs `carry_out` with the arguments in JSON, as root, and prints what came of
it: for places that only a whole command can be put into, as apart.py does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from talking import Talking

PROGRAM = Path(__file__).parent / "beside" / "advised.py"


@dataclass
class Program:
    """A program of a user's that calls boxed when it is told to."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str = "/"
    said: list[dict[str, object]] = field(default_factory=list)

    def __enter__(self) -> Program:
        # The text of it: what is to run it may see no more of this checkout.
        argv = [*self.argv, "-c", PROGRAM.read_text()]
        self._talking = Talking(argv, env=self.env, cwd=self.cwd)
        return self

    def __exit__(self, *_: object) -> None:
        self._talking.close()

    @property
    def pid(self) -> int:
        return self._talking.pid

    def call(self, options: str = "") -> dict[str, object]:
        """What a call with these options came to."""
        self._talking.tell({"options": options})
        answer = self._talking.answer()
        assert answer is not None, "the program ended"
        self.said.append(answer)
        return answer


def commands(text: str) -> list[str]:
    """Those that a message names, in their order."""
    return re.findall("`([^`]+)`", text)


def carry_out(text: str, root: Sequence[str], name: str = "") -> None:
    """Run the commands of a message as root, in root's place; NAME is what
    the reader has to choose."""
    found = commands(text)
    assert found, text
    for one in found:
        line = one.removeprefix("sudo ").replace("NAME", name or "NAME")
        done = subprocess.run(
            [*root, "/bin/sh", "-c", line],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def main() -> None:
    given = json.loads(sys.argv[1])
    with Program(given["argv"], given["env"]) as program:
        before = program.call()
        carry_out(str(before["remedy"]), given["root"])
        print(json.dumps([before, program.call()]))


if __name__ == "__main__":
    main()
