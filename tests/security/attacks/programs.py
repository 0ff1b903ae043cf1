"""Programs: given set-id bits, started, become."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable
from functools import partial

from boxed._doctor.attack import guest, reach
from boxed._doctor.attack.ways import Ways

from .attempts import attack
from .calls import AT_FDCWD, call

SUID_MODES = (0o4600, 0o4777, 0o2777, 0o6755)


@attack
def set_ids(folder: str) -> Ways:
    """A file with set-id bits, by every way to get a mode."""
    os.umask(0)

    def make(name: str, mode: int) -> str:
        # Empty: a write would take the bits off again.
        made = os.path.join(folder, name)
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode))
        return made

    def by(change: Callable[[str], object], mode: int = 0o755) -> bool:
        made = make(f"suid-{change.__name__}", mode)
        change(made)
        return guest.has_set_id_bit(os.stat(made))

    def fchmod(made: str) -> None:
        os.fchmod(os.open(made, os.O_RDONLY), 0o4755)

    def fchmodat2(made: str) -> None:
        call("fchmodat2", AT_FDCWD, os.fsencode(made), 0o4755, 0)

    def open_with_mode(made: str) -> None:
        pass

    def capability(made: str) -> None:
        value = struct.pack("<5I", 0x02000000, 0xC0, 0, 0, 0)
        os.setxattr(made, "security.capability", value)

    def by_mknod() -> bool:
        made = os.path.join(folder, "suid-mknod")
        os.mknod(made, 0o104755)
        return guest.has_set_id_bit(os.stat(made))

    def by_tmpfile() -> bool:
        fd = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o4755)
        return guest.has_set_id_bit(os.fstat(fd))

    return {
        **{
            f"chmod {mode:o}": partial(guest.set_id_bit, folder, mode)
            for mode in SUID_MODES
        },
        "fchmod": partial(by, fchmod),
        "open": partial(by, open_with_mode, 0o4755),
        "mknod": by_mknod,
        "fchmodat2": partial(by, fchmodat2),
        "O_TMPFILE": by_tmpfile,
        "security.capability": lambda: capability(make("capable", 0o755)),
    }


def drop(folder: str) -> str:
    """A copy of the interpreter, which is the guest's own."""
    dropped = os.path.join(folder, "dropped")
    if not os.path.exists(dropped):
        with open(sys.executable, "rb") as source, open(dropped, "wb") as copy:
            copy.write(source.read())
        os.chmod(dropped, 0o755)
    return dropped


# What `replacements` has.
REPLACEMENTS = (
    "execve",
    "fexecve",
    "execveat",
    "dropped",
    "memfd",
    "ld.so",
    "interpreter",
    "/proc/self/exe",
    "script",
    "script in memory",
)


def replacements(folder: str, program: str, loader: str) -> Ways:
    """Every way to become another program."""
    argv = ["id"]

    def by_memfd() -> None:
        fd = call("memfd_create", b"x", 0)
        with open(sys.executable, "rb") as source:
            os.write(fd, source.read())
        os.execve(fd, reach.ARGV, {})

    def by_execveat() -> None:
        fd = os.open(program, os.O_RDONLY)
        vector = (ctypes.c_char_p * 2)(b"id", None)
        call("execveat", fd, b"", vector, None, 0x1000)

    def by_descriptor() -> None:
        os.execve(os.open(program, os.O_RDONLY), argv, {})

    def by_loader() -> None:
        os.execv(loader, [loader, drop(folder), *reach.ARGV[1:]])

    ways = (
        lambda: os.execv(program, argv),
        by_descriptor,
        by_execveat,
        lambda: reach.execute(drop(folder)),
        by_memfd,
        by_loader,
        reach.execute,
        partial(reach.execute, "/proc/self/exe"),
        partial(reach.execute_written, folder),
        reach.execute_memory,
    )
    return dict(zip(REPLACEMENTS, ways))


def in_a_fork(become: Callable[[], object]) -> bool:
    """Whether a program can be started in a process of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            become()
        finally:
            os._exit(111)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code in (0, reach.EXECUTED)


@attack
def execute(folder: str, program: str, loader: str) -> Ways:
    """New programs, as new processes."""
    ways = replacements(folder, program, loader)

    return {
        **{f"start {how}": partial(in_a_fork, ways[how]) for how in ways},
        "posix_spawn interpreter": reach.spawn,
        "posix_spawn plain": partial(reach.spawn, program, ()),
        "posix_spawn dropped": lambda: reach.spawn(drop(folder)),
    }


@attack
def exec_in_place(how: str, folder: str, program: str, loader: str) -> Ways:
    """Becomes another program, unless refused; then there is no answer."""
    return {how: replacements(folder, program, loader)[how]}
