"""Sockets of every kind."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import time

from .attempts import attempt
from .calls import call


def connect_tcp(family: int, host: str, port: int) -> None:
    with socket.socket(family) as client:
        client.settimeout(5)
        client.connect((host, port))


def reach_tcp(places: list[list]) -> dict[str, str]:
    """Connections to (host, port), and a name to look up."""
    found = {}
    for host, port in places:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found[f"tcp {host}"] = attempt(connect_tcp, family, host, port)
    return found


def look_up(name: str) -> dict[str, str]:
    return {"look up": attempt(socket.getaddrinfo, name, 80)}


def send_datagrams(host: str, port: int, text: str) -> dict[str, str]:
    """UDP, by all calls that send, and what needs more rights than that."""

    def udp(send) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            send(client)

    data = text.encode()

    def many(client: socket.socket) -> None:
        at = struct.pack("!HH4s8x", 0, port, socket.inet_aton(host))
        at = struct.pack("H", socket.AF_INET) + at[2:]
        # sendto by number, as no wrapper would
        call("sendto", client.fileno(), data, len(data), 0, at, 16)

    return {
        "sendto": attempt(udp, lambda s: s.sendto(data, (host, port))),
        "connect and send": attempt(
            udp, lambda s: (s.connect((host, port)), s.send(data))
        ),
        "sendmsg": attempt(
            udp, lambda s: s.sendmsg([data], [], 0, (host, port))
        ),
        "sendto by number": attempt(udp, many),
        "raw": attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1),
        "packet": attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW),
        "netlink": attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW),
    }


def reach_unix(paths: list[str], abstract: str) -> dict[str, str]:
    """Named and abstract sockets, connected and not, and by a pair's end."""

    def stream(address) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)

    def datagram(address) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(b"guest", address)

    def by_pair(kind: int, address: str) -> None:
        near, _far = socket.socketpair(socket.AF_UNIX, kind)
        near.sendto(b"guest", address)

    found = {}
    for path in paths:
        kind = "datagram" if path.endswith("dgram") else "stream"
        send = datagram if kind == "datagram" else stream
        found[f"{kind} {path}"] = attempt(send, path)
        if kind == "datagram":
            found[f"pair to {path}"] = attempt(
                by_pair, socket.SOCK_DGRAM, path
            )
    name = "\0" + abstract
    found["abstract stream"] = attempt(stream, name)
    found["abstract datagram"] = attempt(datagram, name + "-dgram")
    found["pair to abstract"] = attempt(
        by_pair, socket.SOCK_DGRAM, name + "-dgram"
    )
    return found


def redirect_pairs(path: str) -> dict[str, str]:
    """A connected pair has an address given to it all the same."""

    def pair(kind: int, how: str) -> None:
        near, _far = socket.socketpair(socket.AF_UNIX, kind)
        if how == "connect":
            near.connect(path)
        else:
            near.sendto(b"guest", path)

    return {
        f"{how} {kind.name}": attempt(pair, kind, how)
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


def serve(seconds: float) -> dict[str, str]:
    """Listen where others could come from."""

    def listen(host: str) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as server:
            server.bind((host, 0))
            server.listen()
            print("listening", server.getsockname()[1], flush=True)
            time.sleep(seconds)

    def abstract() -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0boxed-{os.getpid()}")
            server.listen()

    return {
        "listen 127.0.0.1": attempt(listen, "127.0.0.1"),
        "listen ::": attempt(listen, "::"),
        "listen abstract": attempt(abstract),
    }


def see_network() -> dict[str, str]:
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

    return {
        "interfaces": attempt(
            lambda: any(name != "lo" for _, name in socket.if_nameindex())
        ),
        **{
            f"/proc/net/{name}": attempt(table, f"/proc/net/{name}")
            for name in ("tcp", "unix", "route", "dev")
        },
        "/proc/self/net/dev": attempt(table, "/proc/self/net/dev"),
        "/sys/class/net": attempt(os.listdir, "/sys/class/net"),
    }
