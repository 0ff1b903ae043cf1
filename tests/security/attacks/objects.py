"""One of every object that has a name, to offer and to take."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from functools import partial

from boxed._doctor.attack import calls, reach
from boxed._doctor.attack.ways import Ways

from .attempts import shows
from .calls import call
from .futexes import move_others, shared_page, wake_others
from .ipc import USER_KEYRING, add_key, remove_ipc


def offer(name: str, key: int) -> dict[str, object]:
    """Makes one of every object that has a name; what could be made."""
    held: dict[str, object] = {}
    kept = globals().setdefault("kept_objects", [])

    def keep(what: str, function) -> None:
        try:
            kept.append(function())
            held[what] = True
        except (OSError, ValueError):
            held[what] = False

    def write(place: str):
        with open(os.path.join(place, name), "w") as file:
            file.write(name)
        os.chmod(file.name, 0o666)

    def lock(place: str):
        file = open(os.path.join(place, name + ".lock"), "w")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def bound(address):
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
        server.listen()
        return server

    def vsock():
        server = socket.socket(40, socket.SOCK_STREAM)
        server.bind((0xFFFFFFFF, key % 60000 + 1024))
        server.listen()
        return server

    for place in ("/tmp", "/dev/shm"):
        keep(f"file in {place}", lambda place=place: write(place))
        keep(f"lock in {place}", lambda place=place: lock(place))
    keep("socket", lambda: bound(f"/tmp/{name}.sock"))
    keep("abstract socket", lambda: bound(f"\0{name}"))
    keep("vsock", vsock)
    keep("shm", lambda: calls.shm_make(key, name.encode()))
    keep("sem", lambda: call("semget", key, 1, 0o1666))
    keep("msg", lambda: call("msgget", key, 0o1666))
    keep("mq", lambda: calls.queue_make(name, name.encode()))
    keep("key", lambda: add_key(name, name))
    keep("user key", lambda: add_key(name, name, USER_KEYRING))
    keep("memfd", lambda: call("memfd_create", name.encode(), 0))
    keep("lock on a library", lambda: lock_library(fcntl.LOCK_EX))
    return held


def library() -> str:
    """A file of the tests' that both read; no other code here opens it, for
    its close would take the record locks of the process away."""
    package = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(os.path.dirname(package), "driver.py")


def lock_library(how: int):
    file = open(library(), "rb")
    fcntl.flock(file, how | fcntl.LOCK_NB)
    fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return file


def check_offer(name: str, held: dict[str, object]) -> dict[str, str]:
    """What is in the own files now."""
    found = {}
    for place in ("/tmp", "/dev/shm"):
        if held[f"file in {place}"]:
            with open(os.path.join(place, name)) as file:
                found[place] = file.read()
    return found


def take(name: str, key: int) -> Ways:
    """Whether the objects that `offer` made can be found."""

    def overwrite(place: str) -> None:
        with open(os.path.join(place, name), "r+") as file:
            file.write("stolen")

    def locked(place: str) -> bool:
        file = open(os.path.join(place, name + ".lock"))
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False

    def connect(address: str) -> None:
        reach.connect(socket.AF_UNIX, socket.SOCK_STREAM, address, name)

    def user_key() -> str:
        return str(calls.key_read(calls.key_find(name, USER_KEYRING)))

    def vsock() -> None:
        with socket.socket(40, socket.SOCK_STREAM) as client:
            client.settimeout(0.2)
            client.connect((1, key % 60000 + 1024))

    def library_is_locked() -> bool:
        try:
            lock_library(fcntl.LOCK_SH)
        except BlockingIOError:
            return True
        return False

    def queried_lock() -> bool:
        with open(library(), "rb") as file:
            query = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
            answer = fcntl.fcntl(file, fcntl.F_GETLK, query)
        return struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK

    found: dict = {}
    for place in ("/tmp", "/dev/shm"):
        found[f"file in {place}"] = partial(overwrite, place)
        found[f"lock in {place}"] = partial(locked, place)
    size = len(name)
    by_name = reach.key_reads(0, name)["search the session"]
    return {
        **found,
        "socket": partial(connect, f"/tmp/{name}.sock"),
        "abstract socket": partial(connect, f"\0{name}"),
        "vsock": vsock,
        "shm": shows(name, partial(reach.read_shm, key, size)),
        "sem": partial(call, "semget", key, 1, 0o666),
        "msg": partial(call, "msgget", key, 0o666),
        "mq": shows(name, partial(reach.read_queue, name)),
        "key": shows(name, by_name),
        "user key": shows(name, user_key),
        "lock on a library": library_is_locked,
        "record lock on a library": queried_lock,
        "futex moved": lambda: move_others(shared_page()),
        "futex woken": lambda: wake_others(shared_page()),
    }


def remove_offer(name: str, key: int) -> None:
    """What a control offered, for it to leave nothing."""
    remove_ipc(key, name)
    for place in ("/tmp", "/dev/shm"):
        for end in ("", ".lock", ".sock"):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(place, name + end))
