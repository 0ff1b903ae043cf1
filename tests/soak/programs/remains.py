"""What is there of a process when it has closed all its sandboxes: whatever
grows from round to round is a leak."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import tempfile
import time

from harness import run

from boxed import _boxed
from boxed._live import prefork, registry

#: Below this, ends are orphans of ours and of nobody else.
PR_SET_CHILD_SUBREAPER = 36
#: Of mallopt(3).
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
#: Seconds in which what was killed has to be gone.
GONE = 20.0

#: What the names of files begin with that guests make.
MARK = f"soak-{os.getpid()}-"

_libc = ctypes.CDLL(None)


def prepare() -> None:
    """Have every process that gets lost below this one as a child; and
    memory that was freed given back, so that what stays is kept."""
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("not a subreaper")
    # A sanitizer's allocator takes neither.
    _libc.mallopt(M_ARENA_MAX, 1)
    _libc.mallopt(M_MMAP_THRESHOLD, 1 << 17)


def parent_of(pid: int) -> int:
    """0: there is no such process any more."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found


def below(pid: int) -> list[int]:
    found = children(pid)
    for child in found:
        found += children(child)
    return found


def _alive() -> list[int]:
    """Children; those that are dead and nobody else's are waited for."""
    for pid in children(os.getpid()):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return children(os.getpid())


def _status(pid: int) -> str:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as file:
        return file.read()[:400]
    return f"{pid}: gone"


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def _files() -> set[str]:
    """What guests make in their own /tmp, found outside."""
    return {
        path
        for folder in ("/dev/shm", "/tmp", "/var/tmp", tempfile.gettempdir())
        for path in os.listdir(folder)
        if path.startswith(MARK)
    }


class Group:
    """A memory cgroup of this process's own, where it may make one (version
    1): what is below it is of nobody else's."""

    def __init__(self) -> None:
        self.path, self._above = "", ""
        with open("/proc/self/cgroup") as file:
            for line in file:
                _, names, path = line.strip().split(":", 2)
                if names == "memory":
                    self._above = f"/sys/fs/cgroup/memory{path}"
        path = os.path.join(self._above, f"soak-{os.getpid()}")
        if self._above and os.access(self._above, os.W_OK):
            with contextlib.suppress(OSError):
                os.mkdir(path)
                self.path = path
                _join(path)

    def below(self) -> set[str]:
        if not self.path:
            return set()
        return {path for path, _, _ in os.walk(self.path)} - {self.path}

    def leave(self) -> None:
        if self.path:
            _join(self._above)
            # What is left in there has been told.
            with contextlib.suppress(OSError):
                os.rmdir(self.path)


def _join(path: str) -> None:
    with open(os.path.join(path, "cgroup.procs"), "w") as file:
        file.write(str(os.getpid()))


def _end_all() -> None:
    registry.close_all()
    gc.collect()
    limit = time.monotonic() + GONE
    while _alive() and time.monotonic() < limit:
        time.sleep(0.01)


class Remains:
    """What there is now; to be compared with what there was."""

    def __init__(self, group: Group) -> None:
        """When no other thread makes a call."""
        _end_all()
        if group.below():
            # Of a keeper that was killed: the next one removes it.
            run(abs, (-1,))
            _end_all()
        _libc.malloc_trim(0)
        self.processes = [_status(pid) for pid in _alive()]
        self.descriptors = sorted(
            os.readlink(f"/proc/self/fd/{fd}")
            for fd in os.listdir("/proc/self/fd")
            if os.path.lexists(f"/proc/self/fd/{fd}")
        )
        self.seats = _boxed.seats()[:2]
        self.standbys = sum(len(each._waiting) for each in prefork.every())
        self.tables = len(registry.tables())
        self.files = _files()
        self.groups = group.below()
        self.objects = len(gc.get_objects())
        self.memory = resident()

    def __str__(self) -> str:
        return f"{self.memory >> 10} KiB, {self.objects} objects"

    def more_than(self, before: Remains) -> list[str]:
        """What has been added, in words."""
        found = [f"a process: {status}" for status in self.processes]
        if len(self.descriptors) != len(before.descriptors):
            found.append(f"descriptors: {self.descriptors}")
        for name in ("seats", "standbys", "tables"):
            now, then = getattr(self, name), getattr(before, name)
            if now != then:
                found.append(f"{name}: {now}, and were {then}")
        for name in ("files", "groups"):
            more = getattr(self, name) - getattr(before, name)
            found += [f"{name}: {one}" for one in sorted(more)]
        return found
