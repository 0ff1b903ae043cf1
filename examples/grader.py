"""A judge for a course: each submission in examples/grading is run on each
test, and gets a verdict.

The problem: read whole numbers, print each once, in ascending order.

Everything that a submission does is an outcome: nothing here catches an
exception, and nothing has to be cleaned up.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from boxed import Limits, Outcome, Sandbox

GRADING = Path(__file__).parent / "grading"
LIMITS = Limits(cpu_time=1, memory="64M", output="64K")
SECONDS = 5
VERDICTS = {
    "timeout": "TLE",
    "cpu_time": "TLE",
    "memory": "MLE",
    "output": "OLE",
}


def execute(source: str) -> None:
    """Runs in the sandbox only."""
    program = compile(source, "submission.py", "exec")
    try:
        exec(program, {"__name__": "__main__"})
    except SystemExit as end:
        if end.code:
            raise


def verdict(outcome: Outcome[None], expected: str) -> str:
    """What a test comes to."""
    if outcome.cause == "returned":
        right = outcome.stdout.split() == expected.split()
        return "AC" if right else "WA"
    if isinstance(outcome.exception, MemoryError):
        return "MLE"
    return VERDICTS.get(outcome.cause, "RE")


@dataclass
class Grade:
    """What a submission comes to: its first verdict that is not AC."""

    name: str
    verdict: str = "AC"
    passed: int = 0
    seconds: float = 0
    memory: int = 0
    remarks: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome[None], expected: str) -> None:
        usage = outcome.usage
        time = usage.user_time + usage.system_time
        self.seconds = max(self.seconds, time)
        self.memory = max(self.memory, usage.peak_memory)
        self.verdict = verdict(outcome, expected)
        if self.verdict == "AC":
            self.passed += 1
            return
        if outcome.exception is not None:
            self.remarks.append(str(outcome.exception).split("\n")[0])
        if outcome.stdout:
            self.remarks.append(f"it printed {outcome.stdout[:30]!r}")

    def __str__(self) -> str:
        row = (
            f"{self.name:9} {self.verdict:3} {self.passed:3}"
            f" {self.seconds:6.3f} s {self.memory / 2**20:6.1f} MiB"
        )
        return f"{row}  {'; '.join(self.remarks)[:90]}".rstrip()


def grade(
    sandbox: Sandbox, name: str, source: str, tests: list[dict[str, str]]
) -> Grade:
    """Run a submission until a test fails."""
    result = Grade(name)
    for test in tests:
        outcome = sandbox.call(execute, (source,), stdin=test["input"])
        result.add(outcome, test["expected"])
        if result.verdict != "AC":
            break
    return result


def main() -> None:
    # Here, not above: the sandbox imports this file for execute().
    tests = json.loads((GRADING / "tests.json").read_text())
    _, *parts = (GRADING / "submissions.txt").read_text().split("==== ")
    submissions = [part.split("\n", 1) for part in parts]
    sandbox = Sandbox(timeout=SECONDS, limits=LIMITS)
    with sandbox, ThreadPoolExecutor(os.cpu_count()) as threads:
        running = [
            threads.submit(grade, sandbox, name, source, tests)
            for name, source in submissions
        ]
        for one in running:
            print(one.result(), flush=True)


if __name__ == "__main__":
    main()
