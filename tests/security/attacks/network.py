"""Sockets of every kind."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Callable
from functools import partial

from boxed._doctor.attack import reach
from boxed._doctor.attack.ways import Ways

from .attempts import attack
from .calls import call

STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM


@attack
def reach_tcp(places: list[list]) -> Ways:
    """Connections to (host, port)."""

    def connect(host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        reach.connect(family, STREAM, (host, port), "guest")

    return {f"tcp {place[0]}": partial(connect, *place) for place in places}


@attack
def look_up(name: str) -> Ways:
    return {"look up": lambda: socket.getaddrinfo(name, 80)}


@attack
def send_datagrams(host: str, port: int, text: str) -> Ways:
    """UDP, by all calls that send, and what needs more rights than that."""
    data, address = text.encode(), (host, port)

    def udp(send) -> Callable[[], None]:
        def way() -> None:
            with socket.socket(socket.AF_INET, DATAGRAM) as client:
                send(client)

        return way

    def by_number(client: socket.socket) -> None:
        at = struct.pack("!HH4s8x", 0, port, socket.inet_aton(host))
        at = struct.pack("H", socket.AF_INET) + at[2:]
        # sendto by number, as no wrapper would
        call("sendto", client.fileno(), data, len(data), 0, at, 16)

    return {
        "sendto": udp(lambda one: one.sendto(data, address)),
        "connect and send": partial(
            reach.connect, socket.AF_INET, DATAGRAM, address, text
        ),
        "sendmsg": udp(lambda one: one.sendmsg([data], [], 0, address)),
        "sendto by number": udp(by_number),
        "raw": partial(reach.raw_socket, socket.AF_INET, 1),
        "packet": partial(reach.raw_socket, socket.AF_PACKET),
        "netlink": partial(reach.raw_socket, socket.AF_NETLINK),
    }


@attack
def reach_unix(paths: list[str], abstract: str) -> Ways:
    """Named and abstract sockets, connected and not, and by a pair's end."""

    def connect(kind: int, address: str) -> partial:
        return partial(reach.connect, socket.AF_UNIX, kind, address, "guest")

    def send(address: str) -> None:
        with socket.socket(socket.AF_UNIX, DATAGRAM) as client:
            client.sendto(b"guest", address)

    def send_by_pair(address: str) -> None:
        near, _far = socket.socketpair(socket.AF_UNIX, DATAGRAM)
        near.sendto(b"guest", address)

    names = {path: path for path in paths}
    names["abstract"] = f"\0{abstract}"
    names["abstract dgram"] = f"\0{abstract}-dgram"
    found: dict = {}
    for name, address in names.items():
        if address.endswith("dgram"):
            found[f"datagram {name}"] = partial(send, address)
            found[f"connected datagram {name}"] = connect(DATAGRAM, address)
            found[f"pair to {name}"] = partial(send_by_pair, address)
        else:
            found[f"stream {name}"] = connect(STREAM, address)
    return found


@attack
def redirect_pairs(path: str) -> Ways:
    """A connected pair has an address given to it all the same."""

    def pair(kind: int, how: str) -> None:
        near, _far = socket.socketpair(socket.AF_UNIX, kind)
        if how == "connect":
            near.connect(path)
        else:
            near.sendto(b"guest", path)

    return {
        f"{how} {kind.name}": partial(pair, kind, how)
        for how in ("connect", "sendto")
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
    }


def socket_families() -> list[str]:
    """Every family and type that a socket can be made of."""
    found = []
    for family in range(64):
        for kind in (1, 2, 3, 5, 6, 10):
            try:
                fd = call("socket", family, kind, 0)
            except OSError:
                continue
            os.close(fd)
            found.append(f"{family}/{kind}")
    return found


def socket_pairs() -> list[str]:
    """Every family and type that a pair can be made of."""
    found = []
    fds = (ctypes.c_int * 2)()
    for family in range(64):
        for kind in (1, 2, 3, 5, 6, 10):
            try:
                call("socketpair", family, kind, 0, fds)
            except OSError:
                continue
            os.close(fds[0])
            os.close(fds[1])
            found.append(f"{family}/{kind}")
    return found


@attack
def serve() -> Ways:
    """Listen where others could come from."""

    def abstract() -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0boxed-{os.getpid()}")
            server.listen()

    return {
        "listen 127.0.0.1": reach.listen,
        "listen ::": partial(reach.listen, "::"),
        "listen abstract": abstract,
    }


@attack
def see_network() -> Ways:
    """What there is to see of the machine's network."""

    def table(path: str) -> bool:
        """Whether it shows more than headings and an own loopback."""
        with open(path) as file:
            lines = file.readlines()
        return any(
            line.lstrip()[:1] not in ("", "I", "f", "s", "N")
            and not line.lstrip().startswith("lo:")
            for line in lines
        )

    def interfaces() -> bool:
        return any(name != "lo" for _, name in socket.if_nameindex())

    tables = [f"/proc/net/{name}" for name in ("tcp", "unix", "route", "dev")]
    return {
        "interfaces": interfaces,
        **{
            path: partial(table, path)
            for path in (*tables, "/proc/self/net/dev")
        },
        "/sys/class/net": lambda: os.listdir("/sys/class/net"),
    }
