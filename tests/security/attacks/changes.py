"""Changes to files and folders, and what a scratch folder is left with."""

from __future__ import annotations

import fcntl
import os
import socket
import struct

from .attempts import PRIVATE, attempt
from .calls import AT_FDCWD, call
from .residue import left_in


def create_in(places: dict[str, int], name: str, undo: bool) -> dict[str, str]:
    """A new file in each place (path: st_dev on the host); one that is made
    on another file system is the guest's own."""

    def create(place: str, device: int) -> None:
        path = os.path.join(place, name)
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.write(fd, b"mine")
        private = os.fstat(fd).st_dev != device
        os.close(fd)
        if undo:
            os.unlink(path)
        if private:
            raise PrivatePlace

    found = {}
    for place, device in places.items():
        outcome = attempt(create, place, device)
        private = outcome == PrivatePlace.__name__
        found[f"create in {place}"] = PRIVATE if private else outcome
    return found


class PrivatePlace(Exception):
    """It worked, on a file system that nobody else has."""


def spoil(folder: str, name: str) -> dict[str, str]:
    """Every change to a folder of the caller's and the files in it."""

    def at(leaf: str) -> str:
        return os.path.join(folder, leaf)

    def write(how: int) -> None:
        fd = os.open(at("write"), os.O_WRONLY | how)
        os.write(fd, b"x")

    def through_fd(function, *args) -> None:
        fd = os.open(at("mode"), os.O_RDONLY)
        function(fd, *args)

    def lock(command: int, kind: int) -> None:
        fd = os.open(at("mode"), os.O_RDONLY)
        fcntl.fcntl(fd, command, struct.pack("hhqqi4x", kind, 0, 0, 0, 0))

    def lease() -> None:
        fd = os.open(at("mode"), os.O_RDONLY)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def notify() -> None:
        fd = os.open(folder, os.O_RDONLY)
        fcntl.fcntl(fd, fcntl.F_NOTIFY, 0x2)

    def watch() -> None:
        fd = call("inotify_init1", 0)
        call("inotify_add_watch", fd, os.fsencode(folder), 0xFFF)

    def bind() -> None:
        server = socket.socket(socket.AF_UNIX)
        server.bind(at(f"{name}-socket"))

    uid, gid = os.getuid(), os.getgid()
    attempts = {
        "write": lambda: write(0),
        "append": lambda: write(os.O_APPEND),
        "open with O_TRUNC": lambda: write(os.O_TRUNC),
        "truncate": lambda: os.truncate(at("truncate"), 0),
        "unlink": lambda: os.unlink(at("unlink")),
        "rename away": lambda: os.rename(at("rename"), at(f"{name}-renamed")),
        "rename over": lambda: os.rename(at("source"), at("over")),
        "link": lambda: os.link(at("mode"), at(f"{name}-link")),
        "symlink": lambda: os.symlink("/", at(f"{name}-symlink")),
        "mkdir": lambda: os.mkdir(at(f"{name}-folder")),
        "rmdir": lambda: os.rmdir(at("empty")),
        "mkfifo": lambda: os.mkfifo(at(f"{name}-fifo")),
        "bind": bind,
        "O_TMPFILE": lambda: os.open(folder, os.O_TMPFILE | os.O_WRONLY),
        "chmod": lambda: os.chmod(at("mode"), 0o666),
        "chmod of the folder": lambda: os.chmod(folder, 0o711),
        "fchmod": lambda: through_fd(os.fchmod, 0o640),
        "fchmodat2": lambda: call(
            "fchmodat2", AT_FDCWD, os.fsencode(at("mode")), 0o644, 0
        ),
        "utime": lambda: os.utime(at("mode"), (1, 1)),
        "futimens": lambda: through_fd(os.utime, (2, 2)),
        "chown": lambda: os.chown(at("mode"), uid, gid),
        "fchown": lambda: through_fd(os.fchown, uid, gid),
        "setxattr": lambda: os.setxattr(at("mode"), "user.guest", b"1"),
        "fsetxattr": lambda: through_fd(os.setxattr, "user.guest", b"2"),
        "removexattr": lambda: os.removexattr(at("mode"), "user.secret"),
        "flock": lambda: through_fd(
            fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
        ),
        "OFD lock": lambda: lock(37, fcntl.F_RDLCK),
        "lease": lease,
        "F_NOTIFY": notify,
        "inotify": watch,
    }
    return {what: attempt(function) for what, function in attempts.items()}


def use_scratch(secret: str) -> dict[str, object]:
    """What /tmp is for, with what is hard to clean up left in it."""
    import tempfile

    places = ("/tmp", "/dev/shm")
    before = {place: left_in(place) for place in places}
    for place in places:
        with tempfile.NamedTemporaryFile(dir=place) as file:
            file.write(b"x" * 4096)
            file.flush()
        folder = place
        for _ in range(20):
            folder = os.path.join(folder, "d" * 20)
            os.mkdir(folder)
        with open(os.path.join(folder, secret), "w") as file:
            file.write(secret)
        os.chmod(file.name, 0)
        while folder != place:
            os.chmod(folder, 0)
            folder = os.path.dirname(folder)
        os.mkfifo(os.path.join(place, "fifo"))
        os.symlink("/etc/passwd", os.path.join(place, "link"))
        with open(os.path.join(place, "open-" + secret), "w") as file:
            file.write(secret)
    return before
