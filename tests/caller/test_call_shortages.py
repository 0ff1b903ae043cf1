"""A kernel that is short of something in the middle of calls: each yields its
value or says what was short, and the sandbox lives on.

As root, strace attaches to a caller and its sandboxes, and has system calls
fail; it is not there while they start.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from environments import CHECKOUT
from proc import descendants
from talking import Talking

# What fails, how, and for which of its uses in each process: "1+2" is the
# first and every second after it.  All of these are tried again.
RIDDEN_OUT = [
    # a request, or the announcement of a standby; a store
    ("sendmsg", "ENOMEM", "2+2"),
    ("sendmsg", "ENOBUFS", "2+3"),
    ("sendmsg", "ETOOMANYREFS", "1+2"),
    # the answer; a call, in the zygote; a request, in the worker
    ("recvmsg", "ENOMEM", "1+2"),
    ("recvmsg", "ENOBUFS", "2+3"),
    # the report; the answer, from the worker
    ("recvfrom", "ENOMEM", "1+2"),
    ("sendto", "ENOBUFS", "1+2"),
    # waiting, in all of them
    ("poll", "ENOMEM", "1+2"),
    ("epoll_wait,epoll_pwait", "ENOMEM", "1+2"),
    # what the zygote keeps of a child
    ("epoll_ctl", "ENOSPC", "1+2"),
    ("epoll_ctl", "ENOSPC", "1+"),
    ("epoll_ctl", "ENOMEM", "2+3"),
    ("pidfd_open", "EMFILE", "1+2"),
    ("pidfd_open", "ENOMEM", "1+3"),
    # a large value goes without a store, then
    ("memfd_create", "ENOMEM", "1+"),
    ("ftruncate", "ENOMEM", "1+2"),
    ("ioctl", "ENOMEM", "1+"),
]
# These are tried again as well, or another worker is, and told if it was all
# in vain.
TOLD = [
    ("sendmsg", "ENOMEM", "1+"),
    ("sendmsg", "ETOOMANYREFS", "1+"),
    ("clone,clone3,fork", "EAGAIN", "1+"),
    ("clone,clone3,fork", "ENOMEM", "1+2"),
    # what a call has of its own
    ("socketpair", "EMFILE", "1+2"),
    ("socketpair", "ENFILE", "2+3"),
    ("pipe2", "EMFILE", "1+2"),
    # a worker's walls
    ("unshare", "ENOSPC", "1+"),
    ("landlock_create_ruleset", "ENOMEM", "1+2"),
    ("setrlimit,prlimit64", "ENOMEM", "5+9"),
]
PROGRAM = Path(__file__).parent / "programs" / "rounds.py"
ROUNDS = 2
#: The caller; and of two sandboxes launcher, supervisor and zygote.
LASTING = 1 + 2 * 3


class Caller(Talking):
    """It makes a round of calls, each time it is told to."""

    def __init__(self) -> None:
        super().__init__(
            [sys.executable, PROGRAM],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stderr=subprocess.DEVNULL,
        )
        self.ask("round")

    def ask(self, what: str) -> list[object]:
        self.tell({"what": what})
        return self.answer() or []

    def pids(self) -> list[int]:
        return [self.pid, *descendants(self.pid)]

    def close(self) -> None:
        self._process.kill()
        super().close()


@pytest.fixture(scope="module")
def callers():
    """The one of all tests, until one of them has broken it."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    held: list[Caller] = []
    yield held
    for caller in held:
        caller.close()


@contextlib.contextmanager
def failing(caller: Caller, names: str, number: str, when: str):
    """Meanwhile, system calls of the caller and its sandboxes fail."""
    pids = caller.pids()
    command = ["strace", "-f", "-e", f"trace={names}", "-o", "/dev/null"]
    command += ["-e", f"inject={names}:error={number}:when={when}"]
    for pid in pids:
        command += ["-p", str(pid)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        told = [strace.stderr.readline() for _ in pids]
        # A standby may have ended, or be about to; the others last.
        attached = [line for line in told if "attached" in line]
        assert len(attached) >= LASTING, told
        yield
    finally:
        # Killed in the midst of an injection, it would leave behind a system
        # call that is none: ENOSYS.  So it lets go first, unless it waits for
        # a process that is on its way out.
        strace.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            strace.communicate(timeout=5)
        strace.kill()
        strace.communicate()


def meet(callers: list[Caller], failure: tuple[str, str, str]) -> set[str]:
    """The outcomes of calls meanwhile; afterwards all are values of the same
    sandboxes, and nothing is left of what failed."""
    caller = callers.pop() if callers else Caller()
    before = caller.ask("settle")
    with failing(caller, *failure):
        met = [one for _ in range(ROUNDS) for one in caller.ask("round")]
    after = caller.ask("round")
    left = caller.ask("settle")
    if left == before:
        callers.append(caller)
    else:
        caller.close()
    assert met, "the caller ended"
    assert set(after) == {"value"}, (after, met)
    assert left == before, (before, left, met)
    return set(met)


@pytest.mark.parametrize("failure", RIDDEN_OUT, ids="-".join)
def test_a_shortage_passes(callers, failure):
    assert meet(callers, failure) == {"value"}


@pytest.mark.parametrize("failure", TOLD, ids="-".join)
def test_a_shortage_is_told(callers, failure):
    """By its own name, and not as a missing wall, a death or a timeout."""
    met = meet(callers, failure)
    assert failure[1] in met
    assert met <= {failure[1], "value"}
