"""A program that stays: it does what it is told, one JSON object a line, and
answers each with one."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any


class Talking:
    """The process, until it is closed.

    :param argv: the program and its arguments.
    :param env: all of its variables; None: those of this process.
    """

    def __init__(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stderr: int | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [*map(os.fspath, argv)],
            env=None if env is None else dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        )
        self.pid = self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def tell(self, order: Mapping[str, Any]) -> None:
        """What to do, without waiting for the answer."""
        # One that has ended gives no answer.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()

    def answer(self, seconds: float | None = None) -> Any:
        """The next answer; None where it ended without one."""
        ready = select.select([self._process.stdout], [], [], seconds)[0]
        assert ready, f"no answer within {seconds} s"
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def close(self) -> None:
        """It ends with its orders.

        :raises subprocess.TimeoutExpired: it had to be killed.
        """
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            if self.is_alive():
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
