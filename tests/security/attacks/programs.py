"""Programs: given set-id bits, started, become."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
import sys

from .attempts import attempt
from .calls import AT_FDCWD, call

SUID_MODES = (0o4777, 0o2777, 0o6755)


def set_ids(folder: str, program: str) -> dict[str, str]:
    """A copy of a program with set-id bits, by every way to get a mode."""
    with open(program, "rb") as file:
        data = file.read()

    def make(name: str, mode: int) -> str:
        made = os.path.join(folder, name)
        os.umask(0)
        fd = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        os.write(fd, data)
        os.close(fd)
        return made

    def mode_of(name: str) -> bool:
        mode = os.stat(os.path.join(folder, name)).st_mode
        return bool(mode & (stat.S_ISUID | stat.S_ISGID))

    def by_chmod(mode: int) -> bool:
        name = f"suid-{mode:o}"
        os.chmod(make(name, 0o755), mode)
        return mode_of(name)

    def by_fchmod() -> bool:
        made = make("suid-fchmod", 0o755)
        os.fchmod(os.open(made, os.O_RDONLY), 0o4755)
        return mode_of("suid-fchmod")

    def by_open() -> bool:
        # Empty: a write would take the bits off again.
        made = os.path.join(folder, "suid-open")
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o4755))
        return mode_of("suid-open")

    def by_mknod() -> bool:
        os.mknod(os.path.join(folder, "suid-mknod"), 0o104755)
        return mode_of("suid-mknod")

    def by_fchmodat2() -> bool:
        made = make("suid-fchmodat2", 0o755)
        call("fchmodat2", AT_FDCWD, os.fsencode(made), 0o4755, 0)
        return mode_of("suid-fchmodat2")

    def by_tmpfile() -> bool:
        fd = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o4755)
        return bool(os.fstat(fd).st_mode & stat.S_ISUID)

    found = {f"chmod {m:o}": attempt(by_chmod, m) for m in SUID_MODES}
    found.update(
        {
            "fchmod": attempt(by_fchmod),
            "open": attempt(by_open),
            "mknod": attempt(by_mknod),
            "fchmodat2": attempt(by_fchmodat2),
            "O_TMPFILE": attempt(by_tmpfile),
            "security.capability": attempt(
                lambda: os.setxattr(
                    make("capable", 0o755),
                    "security.capability",
                    struct.pack("<5I", 0x02000000, 0xC0, 0, 0, 0),
                )
            ),
        }
    )
    return found


def run_program(argv: list[str], start) -> bool:
    """Whether a program can be started in a process of its own."""
    r, w = os.pipe()
    os.set_inheritable(w, True)
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(w, 1)
            start(argv)
        finally:
            os._exit(111)
    os.close(w)
    said = os.read(r, 64)
    os.close(r)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 and bool(said)


def execute(folder: str, program: str, loader: str) -> dict[str, str]:
    """New programs: as a new process where that is possible, and in place of
    the worker, whose answer would then be missing."""
    dropped = os.path.join(folder, "dropped")
    with contextlib.suppress(OSError):
        with open(program, "rb") as source, open(dropped, "wb") as target:
            target.write(source.read())
        os.chmod(dropped, 0o755)

    def by_memfd(argv: list[str]) -> None:
        fd = call("memfd_create", b"x", 0)
        with open(program, "rb") as source:
            os.write(fd, source.read())
        os.execve(fd, argv, {})

    def by_execveat(argv: list[str]) -> None:
        fd = os.open(program, os.O_RDONLY)
        vector = (ctypes.c_char_p * 2)(b"id", None)
        call("execveat", fd, b"", vector, None, 0x1000)

    starts = {
        "plain": lambda argv: os.execv(program, argv),
        "dropped": lambda argv: os.execv(dropped, argv),
        "memfd": by_memfd,
        "execveat": by_execveat,
        "ld.so": lambda argv: os.execv(loader, [loader, dropped]),
        "interpreter": lambda argv: os.execv(
            sys.executable, [sys.executable, "-I", "-S", "-c", "print(1)"]
        ),
        "/proc/self/exe": lambda argv: os.execv(
            "/proc/self/exe", ["python3", "-I", "-S", "-c", "print(1)"]
        ),
    }
    found = {
        f"start {name}": attempt(run_program, ["id"], start)
        for name, start in starts.items()
    }
    for name in ("dropped", "plain"):
        path = dropped if name == "dropped" else program
        found[f"posix_spawn {name}"] = attempt(spawn, path)
    return found


def spawn(path: str) -> bool:
    null = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    pid = os.posix_spawn(path, ["id"], {}, file_actions=null)
    return os.waitpid(pid, 0)[1] == 0


def exec_in_place(how: str, program: str) -> dict[str, str]:
    """Becomes another program, unless refused."""
    argv = ["id"]
    ways = {
        "execve": lambda: os.execv(program, argv),
        "fexecve": lambda: os.execve(os.open(program, os.O_RDONLY), argv, {}),
    }
    return {how: attempt(ways[how])}
