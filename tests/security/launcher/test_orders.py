"""Whatever comes through the socket (P-L13)."""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import time
from dataclasses import replace

import pytest
from checks import STATUS, assert_refused, assert_runs, sanitized
from environments import CHECKOUT, LAUNCHER, sleep_until
from launching import BY_HAND, FAILED, STAGES, Start, as_user, start
from orders import FULL, MAX_TEXT, encode, host_programs, order_for


def test_stages_are_the_launchers():
    """The names that these tests know the stages by are those of the C."""
    text = (CHECKOUT / "src/shared/stage.h").read_text()
    assert re.findall(r'STAGE\(\w+, "(\w+)"\)', text) == STAGES


def by_hand(user, variants_launcher, fd: int | None):
    """Run with a descriptor of one's choice as number 3."""
    actions = []
    if fd is not None:
        actions = [(os.POSIX_SPAWN_DUP2, fd, 3)]
    read, write = os.pipe()
    actions.append((os.POSIX_SPAWN_DUP2, write, 2))
    command = [*user.enter, "--", str(variants_launcher)]
    pid = os.posix_spawn(
        command[0], command, dict(user.variables), file_actions=actions
    )
    os.close(write)
    try:
        status = sleep_until(lambda: waited(pid), 10, "its end")
        return status[0], os.read(read, 65536).decode()
    finally:
        os.close(read)


def waited(pid: int):
    done, status = os.waitpid(pid, os.WNOHANG)
    return done and (os.waitstatus_to_exitcode(status),)


@contextlib.contextmanager
def odd_descriptors(tmp_path, uid):
    """What is not a socket that could bring an order."""
    path = tmp_path / "file"
    path.write_bytes(encode(["/usr/bin/true"]))
    with contextlib.ExitStack() as stack:

        def keep(fd: int) -> int:
            stack.callback(os.close, fd)
            return fd

        def sock(*kind) -> int:
            return stack.enter_context(socket.socket(*kind)).fileno()

        def pair(kind) -> int:
            with as_user(uid):
                near, far = socket.socketpair(socket.AF_UNIX, kind)
            stack.enter_context(near)
            stack.enter_context(far)
            near.send(path.read_bytes())
            return far.fileno()

        read, write = os.pipe()
        os.write(write, path.read_bytes())
        primary, secondary = os.openpty()
        yield {
            "nothing": None,
            "file": keep(os.open(path, os.O_RDWR)),
            "directory": keep(os.open(tmp_path, os.O_RDONLY)),
            "path": keep(os.open(path, os.O_PATH)),
            "pipe": keep(read),
            "pipe's other end": keep(write),
            "terminal": keep(secondary),
            "its other end": keep(primary),
            "null": keep(os.open(os.devnull, os.O_RDWR)),
            "udp": sock(socket.AF_INET, socket.SOCK_DGRAM),
            "tcp": sock(socket.AF_INET, socket.SOCK_STREAM),
            "netlink": sock(socket.AF_NETLINK, socket.SOCK_RAW),
            "memfd": keep(os.memfd_create("order")),
            "pidfd": keep(os.pidfd_open(os.getpid())),
            "stream": pair(socket.SOCK_STREAM),
            "datagram": pair(socket.SOCK_DGRAM),
        }


@pytest.mark.case("P-L13")
def test_p_l13_only_a_socket_of_orders_is_one(user, tmp_path):
    """Whatever descriptor 3 is, if it is not that socket it explains itself,
    at once."""
    with odd_descriptors(tmp_path, user.uid) as odd:
        for name, fd in odd.items():
            status, printed = by_hand(user, LAUNCHER, fd)
            assert status == BY_HAND, name
            assert "nothing to run by hand" in printed, name


@pytest.mark.case("P-L13")
def test_p_l13_socket_of_another_user_is_refused(user, users):
    """An order is taken only from a socket that the launcher's own user
    made, though it be root's."""
    order = order_for(FULL, STATUS)
    for maker in (0, users[1].uid):
        other = replace(user, uid=maker)
        assert_refused(start(other, order), "order", 13)
    assert_runs(start(user, order))


def headers() -> dict[str, bytes]:
    """Orders that are wrong in one number each, and other noise."""
    argv = [b"/usr/bin/cat", b"/proc/self/status"]
    entries = host_programs()
    sound = encode(argv, entries)
    huge = (0, 2**31 - 1, 2**31, 2**32 - 1, 1025, 129, 17)
    made = {
        f"{name} {value}": encode(argv, entries, header={name: value})
        for name in ("argc", "entries", "text_size", "tier")
        for value in huge
    }
    made |= {
        "flags": encode(argv, entries, header={"flags": 2}),
        "reserved": encode(argv, entries, header={"reserved": 1}),
        "magic": encode(argv, entries, header={"magic": 0}),
        "one byte": b"B",
        "header": sound[:32],
        "half": sound[: len(sound) // 2],
        "no end": sound[:-1],
        "one more": sound + b"\0",
        "twice": sound + sound,
        "too long": encode([argv[0] + b"x" * MAX_TEXT]),
        "zeros": bytes(4096),
        "ones": b"\xff" * 4096,
    }
    for path in sorted((CHECKOUT / "fuzz/corpus/order").iterdir()):
        made[f"corpus {path.name}"] = path.read_bytes()
    return made


@pytest.mark.case("P-L13")
def test_p_l13_malformed_orders(user):
    """Each is refused with a record, and nothing runs; those of the corpus
    that are sound name a program that is not there."""
    for name, order in headers().items():
        if not order:
            continue
        ended = start(user, order)
        assert ended.records, (name, ended)
        assert not ended.ran, (name, ended)
        sound = ended.stage in ("exec", "landlock")
        assert sound or ended.status == FAILED, (name, ended)


def mutations(count: int):
    """Orders of which some bytes were changed, from a fixed seed."""
    dice = random.Random(13)
    seeds = list(headers().values())
    for _ in range(count):
        order = bytearray(dice.choice(seeds)[:65536] or b"x")
        for _ in range(dice.choice((1, 1, 2, 8))):
            place = dice.randrange(min(len(order), dice.choice((32, 65536))))
            order[place] = dice.choice(
                (0, 1, 47, 46, 255, dice.randrange(256))
            )
        yield bytes(order)


@pytest.mark.case("P-L13")
def test_p_l13_noise_under_the_sanitizers(user, variants):
    """Malformed and mutated orders end a launcher built with ASan and UBSan
    without a word of theirs."""
    launcher = sanitized(variants)
    env = {"ASAN_OPTIONS": "detect_leaks=0"}
    for order in [*filter(None, headers().values()), *mutations(100)]:
        ended = start(user, order, launcher=launcher, env=env)
        assert ended.status == FAILED, (order[:64], ended)
        assert ended.printed == ""


@pytest.mark.case("P-L13")
def test_p_l13_silence(user):
    """Nobody who writes: it waits a little, and goes; a peer that is gone is
    noticed at once."""
    begun = time.monotonic()
    ended = start(user, None)
    assert_refused(ended, "order")
    assert time.monotonic() - begun < 8
    with Start(user, None) as one:
        one.hang_up()
        assert one.finish(5).status == FAILED


@pytest.mark.case("P-L13")
def test_p_l13_flood(user):
    """Of all that is sent only the first message is an order; what follows
    it ends the sandbox."""
    noise = random.Random(1).randbytes(60000)
    with Start(user, None) as one:
        one.control.settimeout(5)
        with contextlib.suppress(OSError):
            for _ in range(64 * 2**20 // len(noise)):
                one.control.send(noise, socket.MSG_NOSIGNAL)
        assert_refused(one.finish(), "order")
    order = order_for(FULL, ["/usr/bin/sleep", "30"])
    with Start(user, order) as one:
        one.control.send(noise)
        assert one.finish(10).status == 0


@pytest.mark.case("P-L13")
def test_p_l13_descriptors_sent_along_are_lost(user):
    """A descriptor that comes with an order is no one's afterwards."""
    argv = ["/usr/bin/ls", "-l", "/proc/self/fd"]
    order = order_for(FULL, argv)
    with Start(user, None) as one, open("/etc/hostname") as file:
        socket.send_fds(one.control, [order], [file.fileno()] * 200)
        ended = one.finish()
    assert ended.records == [("zygote", 0, 0)]
    assert "hostname" not in ended.printed
