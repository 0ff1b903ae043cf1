"""The cgroups of version 1 that this process can give to others."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environments import Unavailable, sleep_until

MOUNT = Path("/sys/fs/cgroup/memory")


def own_group() -> Path:
    """That of this process, in the old hierarchy."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            return MOUNT / path.lstrip("/")
    raise Unavailable("memory is not counted by a cgroup of version 1")


def writable() -> Path:
    """That of this process, if it can make others in it."""
    own = own_group()
    if os.geteuid() != 0 or not os.access(own, os.W_OK):
        raise Unavailable("no cgroup can be made")
    return own


def made_in(own: Path) -> Path:
    """A new group; by their pids processes of several namespaces are one."""
    group = Path(tempfile.mkdtemp(prefix="boxed-test-", dir=own))
    group.chmod(0o755)
    return group


@contextmanager
def nobody_beside() -> Iterator[list[str]]:
    """The words to put before a command, so that it runs in a group of its own
    where there can be one: sandboxes of one group look at what others have
    left there."""
    try:
        group = made_in(writable())
    except Unavailable:
        yield []
        return
    enter = f'echo $$ >{group}/cgroup.procs; exec "$@"'
    try:
        yield ["/bin/sh", "-c", enter, "sh"]
    finally:
        sleep_until(lambda: removed(group), 20, f"the end of {group}")


def removed(group: Path) -> bool:
    """Whether nothing was in it any more."""
    try:
        group.rmdir()
    except OSError:
        return False
    return True


@contextmanager
def delegated(own: Path, uid: int) -> Iterator[None]:
    """Meanwhile this process, and what it starts, is in a group that a user
    may make others in."""
    group = made_in(own)
    try:
        for path in (group, group / "cgroup.procs", group / "tasks"):
            os.chown(path, uid, -1)
        (group / "cgroup.procs").write_text(str(os.getpid()))
        yield
    finally:
        (own / "cgroup.procs").write_text(str(os.getpid()))
        # A keeper that was just killed may still be on its way out.
        sleep_until(lambda: removed(group), 20, f"the end of {group}")
