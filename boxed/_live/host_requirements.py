"""What a machine lacks that a sandbox is made of: told as what it is.

Without it the kernel says no more than ENOENT, at whatever step needed it.
"""

from __future__ import annotations

import os

from .._policy.advice import advice

_DEVICES = {
    "/dev/null": "1 3",
    "/dev/zero": "1 5",
    "/dev/full": "1 7",
    "/dev/random": "1 8",
    "/dev/urandom": "1 9",
}
# Stages that use what is below /proc, or mount a new one, for which the
# kernel asks that there be one.
_USE_PROC = frozenset({"collector", "namespaces", "uid_map", "proc", "root"})


def lacking(stage: str) -> tuple[str, str] | None:
    """What is not there and may be why a stage failed, and what mends it."""
    if stage in _USE_PROC and not os.path.exists("/proc/self"):
        return (
            "there is no /proc on this machine",
            advice("mount /proc"),
        )
    if stage in ("start", "collect", "landlock"):
        for path, numbers in _DEVICES.items():
            if not os.path.exists(path):
                return (
                    f"there is no {path} on this machine",
                    advice("device", path=path, numbers=numbers),
                )
    return None
