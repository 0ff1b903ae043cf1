"""Changes to files and folders, and what a scratch folder is left with."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from functools import partial

from boxed._doctor.attack import guest
from boxed._doctor.attack.ways import Ways

from .attempts import PRIVATE, attack
from .calls import AT_FDCWD, call
from .residue import left_in


@attack
def create_in(places: dict[str, int], name: str, undo: bool) -> Ways:
    """A new file in each place (path: st_dev on the host); one that is made
    on another file system is the guest's own."""

    def create(place: str, device: int) -> str | None:
        path = os.path.join(place, name)
        made = guest.create(path)
        if undo:
            os.unlink(path)
        return None if made == device else PRIVATE

    return {
        f"create in {place}": partial(create, place, device)
        for place, device in places.items()
    }


@attack
def spoil(folder: str, name: str) -> Ways:
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
    return {
        **guest.changes(folder, name),
        **guest.metadata_changes(folder),
        "write": lambda: write(0),
        "open with O_TRUNC": lambda: write(os.O_TRUNC),
        "rename over": lambda: os.rename(at("source"), at("over")),
        "mkdir": lambda: os.mkdir(at(f"{name}-folder")),
        "rmdir": lambda: os.rmdir(at("empty")),
        "mkfifo": lambda: os.mkfifo(at(f"{name}-fifo")),
        "bind": bind,
        "O_TMPFILE": lambda: os.open(folder, os.O_TMPFILE | os.O_WRONLY),
        "chmod of the folder": lambda: os.chmod(folder, 0o711),
        "fchmod": lambda: through_fd(os.fchmod, 0o644),
        "fchmodat2": lambda: call(
            "fchmodat2", AT_FDCWD, os.fsencode(at("mode")), 0o640, 0
        ),
        "futimens": lambda: through_fd(os.utime, (2, 2)),
        "chown": lambda: os.chown(at("mode"), uid, gid),
        "fchown": lambda: through_fd(os.fchown, uid, gid),
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
