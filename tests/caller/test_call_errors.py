"""An error at every system call of a caller, one after another, in calls and
in the start of a sandbox: it is told, or does not matter; afterwards no
process, descriptor, standby or seat is left, and calls are made as before.

As root, strace attaches to the caller and has one system call fail, with an
error that means nothing there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import CHECKOUT

PROGRAM = Path(__file__).parent / "programs" / "failing_calls.py"
SUPPORT = CHECKOUT / "tests" / "support"
#: What must not fail, since strace then leaves undone what cannot be done
#: again (a descriptor is not closed), or the interpreter itself gives up.
SPARED = {
    *("close", "munmap", "futex", "rt_sigreturn", "restart_syscall"),
    *("exit", "exit_group", "mprotect", "madvise", "brk", "read", "write"),
    *("waitid", "getpid", "gettid"),
}
#: Of one name: the first so many, and of the others each so many.
FIRST, OTHERS = 12, 8
CALL = re.compile(r"^(?:\d+ +)?(\w+)\(", re.M)


class Caller:
    """Makes calls, as it is told to."""

    def __init__(self) -> None:
        path = f"import sys; sys.path[:0] = {[str(CHECKOUT), str(SUPPORT)]!r}"
        source = f"{path}\nexec(compile({PROGRAM.read_text()!r}, 'p', 'exec'))"
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", source],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, what: str) -> str:
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def traced(caller: Caller, *options: str) -> Iterator[None]:
    command = ["strace", *options, "-p", str(caller.process.pid)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert "attached" in strace.stderr.readline()
        yield
    finally:
        strace.terminate()
        strace.communicate()


def system_calls(caller: Caller, work: str, log: Path) -> Counter[str]:
    """Those that a piece of work makes, by name."""
    with traced(caller, "-o", str(log)):
        assert caller.ask(work) == "right"
    names = CALL.findall(log.read_text())
    return Counter(name for name in names if name not in SPARED)


def chosen(count: int) -> list[int]:
    every = range(1, count + 1)
    return [*every[:FIRST], *every[FIRST::OTHERS]]


@pytest.fixture
def caller() -> Iterator[Caller]:
    if os.getuid() != 0 or shutil.which("strace") is None:
        pytest.skip("needs root and strace")
    made = Caller()
    yield made
    made.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "work", ["warm", "other_kinds", "bad_ends", "start", "rows"]
)
def test_an_error_at_each_system_call(caller, work, tmp_path):
    for _ in range(3):
        assert (caller.ask(work), caller.ask("warm")) == ("right", "right")
    before, outcomes = caller.ask("settle"), Counter()
    counts = system_calls(caller, work, tmp_path / "log")
    assert len(counts) > 5
    for name, count in sorted(counts.items()):
        for number in chosen(count):
            inject = f"inject={name}:error=EIO:when={number}"
            with traced(caller, "-o", "/dev/null", "-e", inject):
                outcome = caller.ask(work)
            case = work, name, number
            assert outcome == "right" or outcome.startswith("told "), (
                case,
                outcome,
            )
            outcomes[outcome] += 1
            assert (case, caller.ask("warm")) == (case, "right")
            left = caller.ask("settle")
            assert (case, left) == (case, before)
    # The control: it was not for want of errors.
    assert outcomes.total() > outcomes["right"] > 0
