"""Runs a command in a user namespace of its own, as root in it.

Uids 0 to 65533 are the machine's; `nobody` is another uid outside, so that
what the command's sandboxes use up, nobody else lacks; and the sysctls of
/proc/sys/user are this namespace's own.

    apart.py [--set NAME=VALUE ...] [--pin UID=COUNT ...] [--nobody UID]
             [--more COUNT] -- COMMAND ...

``--set max_user_namespaces=0`` sets a limit; ``--pin 65534=2`` has another
process of that uid hold so many user namespaces, one in the other, until
something is written to descriptor 9, which the command inherits; ``--more``
gives it so many uids from 65536 on.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_DUMPABLE = 4
NOBODY = 65534
RELEASE_FD = 9


def unshare_user() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def map_ids(pid: int, nobody: int, more: int) -> None:
    lines = f"0 0 {NOBODY}\n{NOBODY} {nobody} 1\n"
    if more:
        lines += f"{NOBODY + 2} {NOBODY + 2} {more}\n"
    for name in ("uid_map", "gid_map"):
        Path("/proc", str(pid), name).write_text(lines)


def pin(uid: int, count: int, release: tuple[int, int]) -> None:
    """Have a child hold namespaces until something is written, or nobody is
    left who could."""
    near, far = os.pipe()
    if os.fork() != 0:
        os.close(far)
        assert os.read(near, 1) == b"x", "nothing was pinned"
        os.close(near)
        return
    os.close(release[1])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    # The change took the files of /proc/self away.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    for _ in range(count):
        unshare_user()
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{uid} {uid} 1")
    os.write(far, b"x")
    os.read(release[0], 1)
    os._exit(0)


def enter(child_ready: int, mapped: int) -> None:
    unshare_user()
    os.write(child_ready, b"x")
    assert os.read(mapped, 1) == b"x"
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nobody", type=int, default=565534)
    parser.add_argument("--more", type=int, default=0)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--pin", action="append", default=[])
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    ready, mapped, release = os.pipe(), os.pipe(), os.pipe()
    child = os.fork()
    if child != 0:
        assert os.read(ready[0], 1) == b"x"
        map_ids(child, args.nobody, args.more)
        os.write(mapped[1], b"x")
        os.close(release[1])
        status = os.waitpid(child, 0)[1]
        return os.waitstatus_to_exitcode(status)
    enter(ready[1], mapped[0])
    for one in args.pin:
        uid, count = map(int, one.split("="))
        pin(uid, count, release)
    for one in args.set:
        name, value = one.split("=")
        Path("/proc/sys/user", name).write_text(value)
    os.dup2(release[1], RELEASE_FD, inheritable=True)
    os.execv(args.command[0], args.command)


if __name__ == "__main__":
    sys.exit(main())
