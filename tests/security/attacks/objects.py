"""One of every object that has a name, to offer and to take."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct

from boxed._doctor.attack.calls import key_find

from .attempts import attempt
from .calls import call
from .futexes import move_others, shared_page, wake_others
from .ipc import add_key, remove_ipc


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
    keep("shm", lambda: call("shmget", key, 4096, 0o1666))
    keep("sem", lambda: call("semget", key, 1, 0o1666))
    keep("msg", lambda: call("msgget", key, 0o1666))
    keep("mq", lambda: call("mq_open", name.encode(), 0o102, 0o666, None))
    keep("key", lambda: add_key(name, "secret"))
    keep("user key", lambda: add_key(name, "secret", -4))
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


def take(name: str, key: int) -> dict[str, str]:
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

    def connect(address) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)

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

    found = {}
    for place in ("/tmp", "/dev/shm"):
        found[f"file in {place}"] = attempt(overwrite, place)
        found[f"lock in {place}"] = attempt(locked, place)
    found["socket"] = attempt(connect, f"/tmp/{name}.sock")
    found["abstract socket"] = attempt(connect, f"\0{name}")
    found["vsock"] = attempt(vsock)
    found["shm"] = attempt(call, "shmget", key, 4096, 0o666)
    found["sem"] = attempt(call, "semget", key, 1, 0o666)
    found["msg"] = attempt(call, "msgget", key, 0o666)
    found["mq"] = attempt(call, "mq_open", name.encode(), 2, 0, None)
    found["key"] = attempt(key_find, name)
    found["user key"] = attempt(key_find, name, -4)
    found["lock on a library"] = attempt(library_is_locked)
    found["record lock on a library"] = attempt(queried_lock)
    at = shared_page()
    found["futex moved"] = attempt(move_others, at)
    found["futex woken"] = attempt(wake_others, at)
    return found


def remove_offer(name: str, key: int) -> None:
    """What a control offered, for it to leave nothing."""
    remove_ipc(key, name)
    for place in ("/tmp", "/dev/shm"):
        for end in ("", ".lock", ".sock"):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(place, name + end))
