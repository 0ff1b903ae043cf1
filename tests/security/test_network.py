"""P-N: no way out and no way in."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from security.attacks.attempts import REACHED
from security.judging import both, judge


def own_address() -> str | None:
    """An address of this machine that is not loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.mark.case("P-N01")
def test_p_n01_connect_over_tcp(caller, world):
    """No listener can be reached, on no address of the machine, and that is
    told at once."""
    hosts = ["127.0.0.1", "127.0.0.53", "0.0.0.0", "::1", own_address()]
    places = [[host, world.tcp] for host in hosts if host]
    world.received()
    begun = time.monotonic()
    inside = caller.sandbox("reach_tcp", places)
    assert time.monotonic() - begun < 5
    assert world.received() == []
    judge(caller, "P-N01", inside, caller.control("reach_tcp", places))
    assert len(world.received()) == len(places)


@pytest.mark.case("P-N01")
def test_p_n01_look_up_a_name(caller, world):
    """A name that only a server knows cannot be looked up, and that is told
    at once; what a resolver sends is a datagram as in P-N02."""
    begun = time.monotonic()
    inside = caller.sandbox("look_up", "name.of.nobody.example")
    # Python's own errno of it, which is no errno.
    assert inside["look up"].startswith(("[Errno -2]", "[Errno -3]"))
    assert time.monotonic() - begun < 5


@pytest.mark.case("P-N02")
def test_p_n02_send_datagrams(caller, world):
    """No UDP, by any call that sends, and no raw, packet or netlink
    socket."""
    world.received()
    inside = caller.sandbox("send_datagrams", "127.0.0.1", world.udp, "in")
    assert world.received() == []
    outside = caller.control("send_datagrams", "127.0.0.1", world.udp, "out")
    judge(caller, "P-N02", inside, outside)
    assert world.received() == [b"out"] * 4


@pytest.mark.case("P-N03")
def test_p_n03_reach_unix_sockets(caller, world):
    """No named and no abstract socket, open to everybody as they are,
    connected or not, from a socket or from an end of a pair."""
    world.received()
    inside = caller.sandbox("reach_unix", world.paths, world.abstract)
    redirected = caller.sandbox("redirect_pairs", world.paths[0])
    # An address given to a pair's end is refused or left out of account.
    assert world.received() == []
    assert {v for k, v in redirected.items() if "connect" in k} == {"EPERM"}
    outside = caller.control("reach_unix", world.paths, world.abstract)
    judge(caller, "P-N03", inside, outside)
    # Of each stream and each datagram, those sent by a pair included.
    assert len(world.received()) == len(outside)


@pytest.mark.case("P-N03")
@pytest.mark.parametrize(
    "path",
    [
        "/run/dbus/system_bus_socket",
        "/var/run/docker.sock",
        "/var/run/nscd/socket",
        "/run/systemd/journal/socket",
        "/dev/log",
    ],
)
def test_p_n03_see_well_known_sockets(caller, path):
    """Where services listen nothing can be connected to; P-N03's other test
    is the control."""
    assert (
        REACHED
        not in caller.sandbox(
            "reach_unix", [path, path + "dgram"], "boxed-none"
        ).values()
    )


@pytest.mark.case("P-N04")
def test_p_n04_make_sockets(caller):
    """No family of sockets at all, pairs of streams excepted, and no module
    of the kernel is loaded by asking."""
    before = modules()
    assert caller.sandbox("socket_families") == []
    assert modules() == before
    assert caller.sandbox("socket_pairs") == ["1/1", "1/5"]
    outside = caller.control("socket_families")
    assert {"1/1", "1/2", "2/1", "2/2", "10/1", "16/3"} <= set(outside)


def modules() -> set[str]:
    try:
        text = Path("/proc/modules").read_text()
    except FileNotFoundError:
        return set()
    return {line.split()[0] for line in text.splitlines()}


@pytest.mark.case("P-N05")
def test_p_n05_listen(caller):
    """A guest cannot be connected to."""
    both(caller, "P-N05", "serve")


@pytest.mark.case("P-N05")
def test_p_n05_see_the_network(caller):
    """No interface but its own loopback, and none of the host's tables."""
    both(caller, "P-N05", "see_network")


@pytest.mark.case("P-N05")
def test_p_n05_share_the_network(caller):
    """Where there are namespaces the guest's network is not the host's,
    whatever its filter says."""
    if not caller.has_namespaces:
        assert caller.sandbox("socket_families") == []
        return
    with caller.staying() as worker:
        guests = os.readlink(f"/proc/{worker.pid}/ns/net")
    host = os.readlink(f"/proc/{caller.pid}/ns/net")
    assert guests != host
    assert os.readlink("/proc/self/ns/net") == host
