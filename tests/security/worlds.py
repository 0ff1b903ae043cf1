"""What there is to attack: a caller's files, and sockets of another user's."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from .callers import Caller


@dataclass
class World:
    """What there is to attack: files of the caller's and sockets that
    another user serves."""

    folder: Path
    loose: list[Path]
    sockets: list[socket.socket]
    tcp: int
    udp: int
    abstract: str
    paths: list[str]
    token: str

    @property
    def public(self) -> str:
        return str(self.folder / "public")

    def received(self) -> list[bytes]:
        """What has come in on the sockets since the last look."""
        got = []
        for one in self.sockets:
            with contextlib.suppress(BlockingIOError, OSError):
                while True:
                    if one.type == socket.SOCK_DGRAM:
                        got.append(one.recv(64))
                    else:
                        one.accept()[0].close()
                        got.append(b"connection")
        return got

    def close(self) -> None:
        for one in self.sockets:
            one.close()
        for path in [*self.loose, *map(Path, self.paths)]:
            path.unlink(missing_ok=True)


LOOSE = ("/tmp", "/var/tmp", "/dev/shm")


def make_world(caller: Caller) -> World:
    folder = caller.make_folder()
    caller.caller("make_world", str(folder))
    token = f"boxed-{folder.name}"
    loose = []
    for place in LOOSE:
        path = Path(place, f"{token}-canary")
        path.write_text(f"canary {token}\n")
        path.chmod(0o644)
        loose.append(path)
    sockets = []

    def listen(family: int, kind: int, address) -> socket.socket:
        one = socket.socket(family, kind)
        one.bind(address)
        if kind == socket.SOCK_STREAM:
            one.listen(100)
        one.setblocking(False)
        sockets.append(one)
        return one

    stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    tcp = listen(socket.AF_INET, stream, ("0.0.0.0", 0)).getsockname()[1]
    listen(socket.AF_INET6, stream, ("::1", tcp))
    udp = listen(socket.AF_INET, datagram, ("0.0.0.0", 0)).getsockname()[1]
    listen(socket.AF_UNIX, stream, f"\0{token}")
    listen(socket.AF_UNIX, datagram, f"\0{token}-dgram")
    paths = []
    for place in ("/tmp", "/var/tmp", str(folder)):
        for kind, name in ((stream, "stream"), (datagram, "dgram")):
            path = f"{place}/{token}-{name}"
            listen(socket.AF_UNIX, kind, path)
            os.chmod(path, 0o777)
            paths.append(path)
    return World(folder, loose, sockets, tcp, udp, token, paths, token)
