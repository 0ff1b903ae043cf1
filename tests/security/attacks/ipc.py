"""Named objects of the kernel: keys, System V's and POSIX's."""

from __future__ import annotations

import contextlib
import ctypes
import os
from functools import partial

from boxed._doctor.attack import reach
from boxed._doctor.attack.calls import SESSION_KEYRING, key_add
from boxed._doctor.attack.ways import Ways

from .attempts import attack, shows
from .calls import call

KEYCTL = {
    "read": 11,
    "describe": 6,
    "join": 1,
    "link": 8,
    "timeout": 15,
}


USER_KEYRING = -4


def add_key(
    description: str, payload: str, ring: int = SESSION_KEYRING
) -> int:
    """A key in a keyring for a minute: its number."""
    if ring == USER_KEYRING:
        # Possessed by way of the session, or it could not be timed.
        with contextlib.suppress(OSError):
            call("keyctl", KEYCTL["link"], ring, SESSION_KEYRING)
    key = key_add(description, payload.encode(), ring)
    call("keyctl", KEYCTL["timeout"], key, 60)
    return key


@attack
def keys(number: int, description: str, payload: str) -> Ways:
    """A key of the caller's, by number, by name, and new ones."""
    buffer = ctypes.create_string_buffer(256)
    name = description.encode()
    session = SESSION_KEYRING

    def ask(what: str, *args) -> partial:
        return partial(call, "keyctl", KEYCTL[what], *args)

    def listed() -> bool:
        with open("/proc/keys") as file:
            return description in file.read()

    return {
        **{
            how: shows(payload, way)
            for how, way in reach.key_reads(number, description).items()
        },
        "describe": ask("describe", number, buffer, 256),
        "request_key": partial(call, "request_key", b"user", name, None, 0),
        "add_key to the session": partial(reach.add_key, description + "-2"),
        "add_key to the user": partial(
            reach.add_key, description + "-3", USER_KEYRING
        ),
        "list": ask("read", session, buffer, 256, 0),
        "/proc/keys": listed,
    }


@attack
def make_ipc(device: int, key: int, name: str) -> Ways:
    """Named objects of System V and POSIX, made or found.

    :param device: that of the host's /dev/shm; what only this process sees
        is no channel.
    """

    def shared_memory() -> bool:
        fd = os.open(f"/dev/shm/{name}", os.O_CREAT | os.O_RDWR, 0o666)
        return os.fstat(fd).st_dev == device

    def queue() -> None:
        how = os.O_CREAT | os.O_RDWR
        call("mq_open", name.encode(), how, 0o666, None)

    return {
        "shmget": partial(call, "shmget", key, 4096, 0o1666),
        "semget": partial(call, "semget", key, 1, 0o1666),
        "msgget": partial(call, "msgget", key, 0o1666),
        "mq_open": queue,
        "shm_open": shared_memory,
    }


def remove_ipc(key: int, name: str) -> None:
    """What `make_ipc` made, for the control to leave nothing."""
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
