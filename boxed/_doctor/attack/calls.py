"""System calls for ``boxed doctor --attack`` that Python has no name for.

Standard library only: both the doctor and the guest import it; so do the
attacks of the project's own tests, which make more calls.
"""

from __future__ import annotations

import ctypes
import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Name: number on x86-64, number on aarch64; None, not there.
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "capget": (125, 90),
    "capset": (126, 91),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "mount": (165, 40),
    "mq_open": (240, 180),
    "mq_timedreceive": (243, 183),
    "mq_timedsend": (242, 182),
    "mq_unlink": (241, 181),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "setns": (308, 268),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
_COLUMN = {"x86_64": 0, "aarch64": 1}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def number(name: str) -> int:
    """The number of a system call.

    :raises OSError: ENOSYS; there is none on this architecture.
    """
    column = _COLUMN.get(os.uname().machine)
    found = None if column is None else NUMBERS[name][column]
    if found is None:
        raise OSError(errno.ENOSYS, "its number is not known here")
    return found


def by_number(nr: int, *args: Any) -> int:
    """The result of a system call; integers go as longs, bytes by address.

    :raises OSError: the kernel, or a filter before it, said no.
    """
    words = [ctypes.c_long(nr)]
    words += [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = int(_libc.syscall(*words))
    if result == -1:
        refusal = ctypes.get_errno()
        raise OSError(refusal, os.strerror(refusal))
    return result


def call(name: str, *args: Any) -> int:
    """The same by the name of the call.

    :raises OSError: also where it has no number.
    """
    return by_number(number(name), *args)


class _Span(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def peek(pid: int, address: int, size: int) -> bytes:
    """Memory of another process."""
    buffer = ctypes.create_string_buffer(size)
    near = _Span(ctypes.addressof(buffer), size)
    far = _Span(address, size)
    far_ref = ctypes.byref(far)
    got = call("process_vm_readv", pid, ctypes.byref(near), 1, far_ref, 1, 0)
    return buffer.raw[:got]


# Keys, System V memory and message queues: made by the doctor, read by both.

SESSION_KEYRING = -3
_KEYCTL_UNLINK, _KEYCTL_SEARCH, _KEYCTL_READ = 9, 10, 11


def key_add(name: str, secret: bytes, ring: int = SESSION_KEYRING) -> int:
    """The serial number of a new key in a keyring."""
    return call("add_key", b"user", name.encode(), secret, len(secret), ring)


def key_remove(serial: int, ring: int = SESSION_KEYRING) -> None:
    """Take a key out of a keyring."""
    call("keyctl", _KEYCTL_UNLINK, serial, ring)


def key_read(serial: int) -> bytes:
    """What is in a key."""
    buffer = ctypes.create_string_buffer(256)
    got = call("keyctl", _KEYCTL_READ, serial, buffer, len(buffer))
    return buffer.raw[:got]


def key_find(name: str, ring: int = SESSION_KEYRING) -> int:
    """The serial number of a key of a keyring."""
    return call("keyctl", _KEYCTL_SEARCH, ring, b"user", name.encode(), 0)


_IPC_CREAT, _IPC_EXCL, _IPC_RMID = 0o1000, 0o2000, 0
_SHM_SIZE = 4096


def shm_make(key: int, secret: bytes) -> int:
    """The number of a new System V segment that holds a secret."""
    number = call("shmget", key, _SHM_SIZE, _IPC_CREAT | _IPC_EXCL | 0o666)
    try:
        address = call("shmat", number, 0, 0)
    except OSError:
        shm_remove(number)
        raise
    ctypes.memmove(address, secret, len(secret))
    return number


def shm_remove(number: int) -> None:
    """Remove a segment; what attached it keeps it until its end."""
    call("shmctl", number, _IPC_RMID, 0)


def shm_read(key: int, size: int) -> bytes:
    """What is in the segment of a key."""
    return ctypes.string_at(
        call("shmat", call("shmget", key, 0, 0), 0, 0), size
    )


class _QueueSize(ctypes.Structure):
    """struct mq_attr"""

    _fields_ = tuple(
        (name, ctypes.c_long)
        for name in (
            "flags",
            "maxmsg",
            "msgsize",
            "curmsgs",
            "a",
            "b",
            "c",
            "d",
        )
    )


def queue_make(name: str, secret: bytes) -> None:
    """A POSIX message queue with one message in it."""
    size = _QueueSize(maxmsg=1, msgsize=256)
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NONBLOCK
    fd = call("mq_open", name.encode(), flags, 0o666, ctypes.byref(size))
    try:
        call("mq_timedsend", fd, secret, len(secret), 0, 0)
    finally:
        os.close(fd)


def queue_remove(name: str) -> None:
    """Remove a message queue."""
    call("mq_unlink", name.encode())


def queue_read(name: str) -> bytes:
    """Takes the message of a queue."""
    fd = call("mq_open", name.encode(), os.O_RDONLY | os.O_NONBLOCK, 0, 0)
    try:
        buffer = ctypes.create_string_buffer(256)
        got = call("mq_timedreceive", fd, buffer, len(buffer), 0, 0)
        return buffer.raw[:got]
    finally:
        os.close(fd)
