"""Files that only root can have written, and programs with capabilities.

Used by `boxed setup` alone.  Every file is named by an open directory and a
name in it, so that what was checked is what is written, whatever happens to
the path meanwhile; no symbolic link is followed at the last step.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from boxed import _boxed
from boxed._policy.tiers import NOBODY

CAPABILITIES = "cap_setuid,cap_setgid=p"
GRANTED = 1 << 7 | 1 << 6  # CAP_SETUID and CAP_SETGID as a mask
# The launcher holds this sentence, by which it is told from other programs.
SENTENCE = b"python_boxed is the launcher of boxed"
# Larger than any launcher, even one with a sanitizer.
SIZE_MAX = 64 * 1024 * 1024


class Refused(Exception):
    """What was asked for would not be safe, or would not work."""


@dataclass(frozen=True)
class Place:
    """The place of a file: a directory that is kept open, and a name."""

    directory: Path
    name: str
    dir_fd: int

    @classmethod
    def of(cls, path: str) -> Place:
        """The place PATH; its directory must exist."""
        directory, name = os.path.split(path)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        return cls(Path(directory), name, os.open(directory, flags))

    def __del__(self) -> None:
        os.close(self.dir_fd)

    @property
    def path(self) -> str:
        return str(self.directory / self.name)

    def status(self) -> os.stat_result | None:
        """What is there, a symbolic link as itself; None: nothing."""
        try:
            return os.stat(
                self.name, dir_fd=self.dir_fd, follow_symlinks=False
            )
        except FileNotFoundError:
            return None

    def check_trusted(self) -> None:
        """Refuse a directory in which someone other than root could put
        another file in this one's place, now or later."""
        real = self.directory.resolve(strict=True)
        for folder in (real, *real.parents):
            status = folder.stat()
            if status.st_uid != 0:
                raise Refused(
                    f"{folder} does not belong to root: its owner could"
                    f" replace {self.path}"
                )
            if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise Refused(
                    f"{folder} is writable by others than root, who could"
                    f" replace {self.path}"
                )
        if not os.path.samestat(real.stat(), os.fstat(self.dir_fd)):
            raise Refused(f"{self.directory} changed meanwhile")

    def check_grants(self) -> None:
        """Refuse a file system on which capabilities have no effect."""
        flags = os.fstatvfs(self.dir_fd).f_flag
        for flag, name in ((os.ST_NOSUID, "nosuid"), (os.ST_NOEXEC, "noexec")):
            if flags & flag:
                raise Refused(
                    f"{self.directory} is on a file system mounted {name},"
                    " where the kernel ignores the capabilities of programs;"
                    " choose another place with --dest"
                )

    def holds_foreign(self) -> bool:
        """Whether something is there that is no launcher of boxed."""
        status = self.status()
        if status is None:
            return False
        if not stat.S_ISREG(status.st_mode) or status.st_uid != 0:
            return True
        with self._open() as file:
            return SENTENCE not in file.read(SIZE_MAX)

    def holds(self, data: bytes, gid: int, mode: int) -> bool:
        """Whether exactly this program is there, with its capabilities."""
        if self.status() is None:
            return False
        with self._open() as file:
            status = os.fstat(file.fileno())
            access = (status.st_uid, status.st_gid, status.st_mode & 0o7777)
            bears = bears_capabilities(file.fileno())
            same = file.read(SIZE_MAX) == data
        return access == (0, gid, mode) and bears and same

    def _open(self) -> BinaryIO:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.fdopen(os.open(self.name, flags, dir_fd=self.dir_fd), "rb")

    def write(
        self, data: bytes, gid: int, mode: int, *, capabilities: bool
    ) -> None:
        """Put a file with these bytes there at once, or change nothing."""
        name = f".{self.name}.{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        fd = os.open(name, flags | os.O_CLOEXEC, 0o600, dir_fd=self.dir_fd)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                # In this order: a write and a change of owner both take
                # capabilities away.
                os.fchown(fd, 0, gid)
                os.fchmod(fd, mode)
                if capabilities:
                    give_capabilities(fd, self.directory)
                os.fsync(fd)
            if capabilities:
                check_granted(str(self.directory / name), gid)
            os.rename(
                name,
                self.name,
                src_dir_fd=self.dir_fd,
                dst_dir_fd=self.dir_fd,
            )
        except BaseException:
            os.unlink(name, dir_fd=self.dir_fd)
            raise
        os.fsync(self.dir_fd)

    def remove(self) -> None:
        os.unlink(self.name, dir_fd=self.dir_fd)
        os.fsync(self.dir_fd)


def give_capabilities(fd: int, directory: Path) -> None:
    """Give a file the launcher's capabilities, and read them back."""
    try:
        _boxed.set_file_capabilities(fd, CAPABILITIES)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            reason = "its file system cannot hold capabilities of files"
        elif error.errno == errno.EPERM:
            reason = "this root may not set them (cap_setfcap is missing)"
        else:
            raise
        raise Refused(f"no capabilities in {directory}: {reason}") from None
    if not bears_capabilities(fd):
        raise Refused(f"{directory}: capabilities were set and are not there")


def bears_capabilities(fd: int) -> bool:
    """Whether a file has exactly the launcher's capabilities."""
    text = _boxed.get_file_capabilities(fd)
    if text is None:
        return False
    # Older versions of libcap write "= cap_setgid,cap_setuid+p".
    names, _, flags = text.removeprefix("= ").replace("+", "=").partition("=")
    wanted = CAPABILITIES.partition("=")[0]
    return flags == "p" and sorted(names.split(",")) == sorted(
        wanted.split(",")
    )


def check_granted(path: str, gid: int) -> None:
    """Run PATH as an ordinary process and see that it gets its capabilities.

    The bit that the C library knows them by (AT_SECURE) is set without any
    as well, so the kernel is asked: the credentials a process had stay
    readable after its end until it is waited for, and run without orders the
    launcher ends at once and gives up nothing before.
    """
    try:
        child = subprocess.Popen(
            [path],
            user=NOBODY,
            group=gid or NOBODY,
            extra_groups=[],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        # EPERM comes from becoming that process, the others from running it.
        reason = error.strerror
        if error.errno == errno.EPERM:
            reason = why_not_granted()
        raise Refused(
            f"an ordinary process cannot run {path}: {reason}"
        ) from None
    try:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        got = capability_set(child.pid, "CapPrm")
    finally:
        child.wait()
    if got != GRANTED:
        raise Refused(
            f"an ordinary process that runs {path} gets the capabilities"
            f" {got:#x} instead of {GRANTED:#x}: {why_not_granted()}"
        )


def why_not_granted() -> str:
    """The likely reason, as far as this process shares it."""
    if status_field("self", "NoNewPrivs") == "1":
        return "no_new_privs is set here; use a shell without it"
    if capability_set("self", "CapBnd") & GRANTED != GRANTED:
        return "this container's bounding set does not have them"
    return "the kernel ignores them here"


def capability_set(pid: int | str, name: str) -> int:
    return int(status_field(pid, name), 16)


def status_field(pid: int | str, name: str) -> str:
    lines = Path("/proc", str(pid), "status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return fields[name].strip()
