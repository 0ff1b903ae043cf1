"""Processes and what they are, as /proc tells it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from orders import NOBODY


def descendants(pid: int) -> list[int]:
    """All below PID, the nearest first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, ()))
    for child in found:
        found += children.get(child, ())
    return found


def own_children() -> set[str]:
    """Those that live and those that nobody has waited for."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def own_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


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
