"""Processes of the host, as /proc has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import proc
from environments import sleep_until


@dataclass(frozen=True)
class Process:
    """A process of the host, as /proc has it."""

    pid: int
    parent: int
    start: str
    inside: int
    uid: int
    no_new_privs: str
    seccomp: str
    state: str
    name: str


def process(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return Process(
        pid=pid,
        parent=int(fields[1]),
        start=fields[19],
        inside=int(status["NSpid"].split()[-1]),
        uid=int(status["Uid"].split()[0]),
        no_new_privs=status["NoNewPrivs"],
        seccomp=status["Seccomp"],
        state=fields[0],
        name=status["Name"],
    )


def descendants(pid: int) -> list[Process]:
    """All processes below PID, nearest first; the dead are not counted."""
    found = map(process, proc.descendants(pid))
    return [p for p in found if p and p.state not in "ZX"]


def is_there(one: Process) -> bool:
    """Whether that very process is still there, zombies not counted."""
    now = process(one.pid)
    return now is not None and now.start == one.start and now.state not in "ZX"


def wait_gone(gone: list[Process], seconds: float = 10) -> None:
    sleep_until(
        lambda: not any(map(is_there, gone)), seconds, f"the end of {gone}"
    )
