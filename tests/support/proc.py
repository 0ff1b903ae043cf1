"""Processes and what they are, as /proc tells it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from orders import NOBODY


def children(pid: int) -> list[int]:
    """The processes that have PID for a parent."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def descendants(pid: int) -> list[int]:
    """All below PID, parents before their children."""
    found = children(pid)
    for child in found:
        found += children(child)
    return found


def survivors(pid: int) -> list[str]:
    """What is left of a start, for a failed test's message."""
    names = []
    for one in [pid, *descendants(pid)]:
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{one}/status").read_text()[:200])
    return names


def status_of(text: str) -> dict[str, str]:
    """The fields of a /proc/PID/status."""
    lines = [line.partition(":") for line in text.splitlines()]
    return {name: value.strip() for name, _, value in lines}


def faults(text: str, inside: int = NOBODY) -> list[str]:
    """What a guest's /proc/self/status says that it must not say.

    :param inside: the uid and gid that the guest sees.
    """
    status = status_of(text)
    expected = {
        "Uid": [str(inside)] * 4,
        "Gid": [str(inside)] * 4,
        "CapInh": ["0" * 16],
        "CapPrm": ["0" * 16],
        "CapEff": ["0" * 16],
        "CapAmb": ["0" * 16],
        "NoNewPrivs": ["1"],
        "Seccomp": ["2"],
    }
    wrong = [
        f"{name}: {status.get(name)}"
        for name, value in expected.items()
        if status.get(name, "").split() != value
    ]
    if status.get("Groups", "") != "":
        wrong.append(f"Groups: {status['Groups']}")
    return wrong
