"""What a call leaves for the next one."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import sys

from boxed._doctor.attack import guest
from boxed._doctor.attack.ways import Ways

from .attempts import NOTHING, REACHED, attack
from .calls import libc
from .objects import offer, take
from .siblings import set_flags

# Not what a suite may run at itself.
NICENESS = 17


def leave_residue(secret: str, key: int) -> dict[str, object]:
    """Leaves a secret wherever the next call could look."""
    import builtins
    import locale
    import random

    held = offer(secret, key)
    guest.leave(secret)
    builtins.leftover = secret
    sys.modules["leftover"] = sys
    sys.path.append(secret)
    os.umask(0o777)
    random.seed(1)
    with contextlib.suppress(OSError, locale.Error):
        locale.setlocale(locale.LC_ALL, "C")
    with contextlib.suppress(OSError):
        os.chdir("/usr")
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    with contextlib.suppress(OSError):
        libc.prctl(15, secret.encode()[:15], 0, 0, 0)
    set_flags(0)
    return held


@attack
def find_residue(secret: str, key: int) -> Ways:
    """Whether any of it is there, in memory as well."""
    import builtins

    changed = os.O_NONBLOCK | os.O_APPEND
    return {
        **take(secret, key),
        **guest.residue(secret),
        "builtin": lambda: hasattr(builtins, "leftover"),
        "module": lambda: "leftover" in sys.modules,
        "sys.path": lambda: secret in sys.path,
        "umask": lambda: os.umask(0o22) == 0o777,
        "directory": lambda: os.getcwd() == "/usr",
        "priority": lambda: os.getpriority(os.PRIO_PROCESS, 0) == NICENESS,
        "stdin": lambda: bool(fcntl.fcntl(0, fcntl.F_GETFL) & changed),
        "files": lambda: any(map(left_in, scratch_places())),
    }


def left_in(place: str) -> list[str]:
    """What somebody left there; a checkout or an interpreter below /tmp is
    shown to every call."""
    shown = [path + "/" for path in (*sys.path, sys.prefix, sys.base_prefix)]
    return [
        name
        for name in os.listdir(place)
        if not any(path.startswith(f"{place}/{name}/") for path in shown)
    ]


def scratch_places() -> list[str]:
    return [p for p in ("/tmp", "/dev/shm") if os.access(p, os.R_OK)]


def residue(secret: str, key: int) -> dict[str, str]:
    """Both in one process: what calls would find without walls."""
    leave_residue(secret, key)
    return find_residue(secret, key)


def residue_in_memory(parts: list[str]) -> dict[str, str]:
    globals()["leftover"] = "".join(parts).encode()
    return search_memory(parts)


def search_memory(parts: list[str]) -> dict[str, str]:
    """Whether a secret, given in parts so that it is not here itself, is
    anywhere in this process."""
    secret = bytearray()
    for part in parts:
        secret += part.encode()
    needle = bytes(secret)
    buffer = ctypes.addressof(ctypes.c_char.from_buffer(secret))
    own = {id(needle) + bytes.__basicsize__ - 1, buffer}
    hits = []
    with open("/proc/self/maps") as file:
        lines = file.readlines()
    for line in lines:
        if line[line.index(" ") + 1 : line.index(" ") + 3] != "rw":
            continue
        start, end = (int(n, 16) for n in line.split()[0].split("-"))
        block = ctypes.string_at(start, end - start)
        at = block.find(needle)
        while at >= 0:
            where = start + at
            if where not in own:
                hits.append(where)
            at = block.find(needle, at + 1)
        del block
    return {"memory": REACHED if hits else NOTHING}
