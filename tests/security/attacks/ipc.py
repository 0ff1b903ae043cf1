"""Named objects of the kernel: keys, System V's and POSIX's."""

from __future__ import annotations

import contextlib
import ctypes
import os

from boxed._doctor.attack.calls import key_find, key_read

from .attempts import attempt
from .calls import call

KEYCTL = {
    "read": 11,
    "describe": 6,
    "join": 1,
    "link": 8,
    "timeout": 15,
}


def add_key(description: str, payload: str, ring: int = -3) -> int:
    """A key in the session's keyring or the user's, for a minute: its
    number."""
    data = payload.encode()
    if ring == -4:
        # Possessed by way of the session, or it could not be timed.
        with contextlib.suppress(OSError):
            call("keyctl", KEYCTL["link"], ring, -3)
    key = call("add_key", b"user", description.encode(), data, len(data), ring)
    call("keyctl", KEYCTL["timeout"], key, 60)
    return key


def keys(number: int, description: str, payload: str) -> dict[str, str]:
    """A key of the caller's, by number, by name, and new ones."""
    buffer = ctypes.create_string_buffer(256)
    name = description.encode()

    def read_key(key: int) -> bool:
        return payload.encode() in key_read(key)

    def search() -> bool:
        return read_key(key_find(description))

    def listed() -> bool:
        with open("/proc/keys") as file:
            return description in file.read()

    return {
        "read by number": attempt(read_key, number),
        "describe": attempt(
            call, "keyctl", KEYCTL["describe"], number, buffer, 256
        ),
        "search the session": attempt(search),
        "request_key": attempt(call, "request_key", b"user", name, None, 0),
        "add_key to the session": attempt(add_key, description + "-2", "x"),
        "add_key to the user": attempt(add_key, description + "-3", "x", -4),
        "list": attempt(call, "keyctl", KEYCTL["read"], -3, buffer, 256, 0),
        "/proc/keys": attempt(listed),
    }


def ipc(key: int, name: str) -> dict[str, str]:
    """Named objects of System V and POSIX, made or found."""
    path = f"/{name}".encode()

    def shared_memory() -> bool:
        fd = os.open(f"/dev/shm/{name}", os.O_CREAT | os.O_RDWR, 0o666)
        # What only this process sees is no channel.
        return os.fstat(fd).st_dev == SHM_DEVICE[0]

    return {
        "shmget": attempt(call, "shmget", key, 4096, 0o1666),
        "semget": attempt(call, "semget", key, 1, 0o1666),
        "msgget": attempt(call, "msgget", key, 0o1666),
        "mq_open": attempt(
            call,
            "mq_open",
            path[1:],
            os.O_CREAT | os.O_RDWR,
            0o666,
            None,
        ),
        "shm_open": attempt(shared_memory),
    }


def remove_ipc(key: int, name: str) -> None:
    """What `ipc` made, for the control to leave nothing."""
    remove = {"shm": 0, "sem": 0, "msg": 0}
    for what in remove:
        with contextlib.suppress(OSError):
            size = (1,) if what == "sem" else ()
            size = (1,) if what == "shm" else size
            found = call(f"{what}get", key, *size, 0)
            last = (0, 0, 0) if what == "sem" else (0, 0)
            call(f"{what}ctl", found, *last)
    with contextlib.suppress(OSError):
        call("mq_unlink", name.encode())
    with contextlib.suppress(OSError):
        os.unlink(f"/dev/shm/{name}")


# st_dev of the host's /dev/shm, which the driver fills in.
SHM_DEVICE = [0]


def ipc_from(device: int, key: int, name: str) -> dict[str, str]:
    SHM_DEVICE[0] = device
    return ipc(key, name)
