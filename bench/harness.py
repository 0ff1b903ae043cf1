"""Starts contenders, takes blocks of calls from each in turn, and says how
they compare.  What they are is in rows.py.
"""

from __future__ import annotations

import json
import select
import subprocess
from dataclasses import dataclass, field
from functools import partial

from boxed._bench import sampling

from .place import Place, ordinary_ids

#: Seconds that a contender's start, with 100,000 calls in it, or a block of
#: its calls may take before the run is given up.
PATIENCE = 900


class Missing(Exception):
    """A contender cannot run here; says why."""


@dataclass(frozen=True)
class Contender:
    """Who takes part in a row.

    :ivar name: as the table shows it.
    :ivar factory: in peers.py or programs.py.
    :ivar options: the factory's.
    :ivar block: calls per round.
    :ivar ordinary: run by an ordinary user where the benchmark is root's.
    """

    name: str
    factory: str
    options: dict[str, object] = field(default_factory=dict)
    block: int = 10
    ordinary: bool = False


class Process:
    """A contender's process."""

    def __init__(self, contender: Contender, place: Place) -> None:
        self.contender = contender
        spec = {
            "factory": contender.factory,
            "options": contender.options,
            "packages": str(place.packages),
        }
        program = place.packages / "bench" / "contender.py"
        self._process = subprocess.Popen(
            [place.interpreter, "-s", "-S", program, json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            # For the interpreters that peers start.
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": place.path},
            text=True,
            **(ordinary_ids() if contender.ordinary else {}),
        )
        self.pid = self._process.pid
        said = self._line().strip()
        if said != "ready":
            self.close()
            raise Missing(said.partition("missing: ")[2] or "it died")

    def take(self, count: int) -> list[int]:
        """That many samples, in nanoseconds."""
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        line = self._line()
        if not line:
            raise RuntimeError(f"{self.contender.name}: its process died")
        return json.loads(line)

    def _line(self) -> str:
        """What it says next, in one line; empty at its end."""
        said = self._process.stdout
        if not select.select([said], [], [], PATIENCE)[0]:
            self._process.kill()
            raise RuntimeError(f"{self.contender.name}: it hangs")
        return said.readline()

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def compare(contenders, reference, rounds, place):
    """Rows of results by contender, taken in turns.

    :param reference: name of the contender that ratios refer to.
    :returns: for each contender a dict; ``missing`` says why in place of
        numbers.
    """
    processes: list[Process] = []
    results: dict[str, dict[str, object]] = {}
    for contender in contenders:
        try:
            processes.append(Process(contender, place))
        except Missing as why:
            results[contender.name] = {"missing": str(why)}
    takers = {
        process.contender.name: partial(process.take, process.contender.block)
        for process in processes
    }
    try:
        taken = sampling.take_turns(takers, rounds)
    finally:
        for process in processes:
            process.close()
    base = taken.get(reference)
    for name, blocks in taken.items():
        results[name] = sampling.summary(blocks, base)
    return {one.name: results[one.name] for one in contenders}
