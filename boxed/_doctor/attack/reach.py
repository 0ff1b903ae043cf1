"""The attempts of ``boxed doctor --attack`` that reach for anything but files
and processes that were started for them.  guest.py says how they are called.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import socket
import sys

from boxed._doctor.attack import calls
from boxed._doctor.attack.guest import first, own_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Exit code of a program that an attempt got executed.
EXECUTED = 42


# Processes


def environment(name: str) -> str:
    return os.environ.get(name, "")


def memory_file(pid: int, address: int, count: int) -> str:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        file.seek(address)
        return file.read(count).decode(errors="replace")


def peek(pid: int, address: int, count: int) -> str:
    return calls.peek(pid, address, count).decode(errors="replace")


def kill(pid: int, number: int) -> bool:
    os.kill(pid, number)
    return True


def pidfd_kill(pid: int, number: int) -> bool:
    fd = calls.call("pidfd_open", pid, 0)
    calls.call("pidfd_send_signal", fd, number, 0, 0)
    return True


def trace(pid: int) -> bool:
    """PTRACE_SEIZE, which does not stop the other; its end lets go."""
    calls.call("ptrace", 0x4206, pid, 0, 0)
    return True


def limit(pid: int, count: int) -> bool:
    import resource

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, count))
    return True


def renice(pid: int, value: int) -> bool:
    os.setpriority(os.PRIO_PROCESS, pid, value)
    return True


def pin(pid: int) -> bool:
    os.sched_setaffinity(pid, [min(os.sched_getaffinity(0))])
    return True


def take_descriptor(pid: int, number: int) -> str:
    """A copy of a descriptor of another process, and what it leads to."""
    fd = calls.call("pidfd_open", pid, 0)
    taken = calls.call("pidfd_getfd", fd, number, 0)
    return os.pread(taken, 100, 0).decode(errors="replace")


def descriptors() -> str:
    """What can be read of any descriptor above the standard ones."""
    found = b""
    for fd in range(3, 1024):
        with contextlib.suppress(OSError):
            found += os.pread(fd, 100, 0)
    return found.decode(errors="replace")


# Identity and namespaces


def change_uid(uids: list[int]) -> list[int]:
    """Of these uids, those that this process could become."""
    before = os.getresuid()

    def become(uid: int) -> int:
        os.setresuid(uid, uid, uid)
        return uid

    others = [uid for uid in uids if uid not in before]
    return [first([functools.partial(become, uid) for uid in others])]


def change_groups() -> bool:
    os.setgroups([0, 4])
    return os.getgroups() == [0, 4]


def capabilities() -> int:
    """The effective ones, after an attempt to raise all of them."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    calls.call("capget", header, sets)
    sets[0] = sets[1]
    sets[3] = sets[4]
    with contextlib.suppress(OSError):
        calls.call("capset", header, sets)
    wanted = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 3, *[0x1FF] * 3)
    with contextlib.suppress(OSError):
        calls.call("capset", header, wanted)
    calls.call("capget", header, sets)
    return sets[0] | sets[3] << 32


_NEWNS, _NEWUSER = 0x00020000, 0x10000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_AT_FDCWD, _CLONE_RECURSIVE = -100, 0x8001


def unshare() -> bool:
    calls.call("unshare", _NEWUSER)
    return True


def _own_mounts() -> None:
    """A mount namespace, where one can be had, so that what an attempt mounts
    outside the sandbox is nobody else's."""
    for flags in (_NEWUSER | _NEWNS, _NEWNS):
        with contextlib.suppress(OSError):
            calls.call("unshare", flags)
            calls.call("mount", b"none", b"/", 0, _MS_REC | _MS_PRIVATE, 0)
            return


def mount(folder: str) -> bool:
    _own_mounts()

    def at(place: str) -> bool:
        calls.call("mount", b"tmpfs", place.encode(), b"tmpfs", 0, 0)
        calls.call("umount2", place.encode(), 0)
        return True

    return bool(first([lambda: at(folder), lambda: at("/tmp")]))


def clone_mounts() -> bool:
    _own_mounts()
    os.close(calls.call("open_tree", _AT_FDCWD, b"/", _CLONE_RECURSIVE))
    return True


def chroot() -> bool:
    _own_mounts()
    os.chroot("/")
    return True


def pivot_root(folder: str) -> bool:
    _own_mounts()
    with contextlib.suppress(OSError):
        calls.call("mount", b"tmpfs", folder.encode(), b"tmpfs", 0, 0)
        os.chdir(folder)
    calls.call("pivot_root", b".", b".")
    return True


def join_namespace(pid: int) -> bool:
    """The network of another process: of its namespaces the plainest."""
    with open(f"/proc/{pid}/ns/net") as file:
        calls.call("setns", file.fileno(), 0)
    return True


# Sockets


def connect(family: int, kind: int, address: Any, secret: str) -> bool:
    """Send a secret to a socket of the doctor's."""
    target = tuple(address) if isinstance(address, list) else address
    with socket.socket(family, kind) as one:
        one.settimeout(2)
        one.connect(target)
        one.send(secret.encode())
    return True


def listen() -> bool:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
    return True


def odd_sockets() -> list[int]:
    """Families that are doors to much kernel code: netlink, packet, VSOCK,
    AF_ALG, Bluetooth, CAN."""
    made = []
    refusal: OSError | None = None
    for family in (16, 17, 40, 38, 31, 29):
        try:
            socket.socket(family, socket.SOCK_RAW).close()
            made.append(family)
        except OSError as error:
            refusal = error
    if not made and refusal:
        raise refusal
    return made


# Programs


def fork() -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return True


def spawn() -> bool:
    """posix_spawn, and with it vfork."""
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    os.waitpid(pid, 0)
    return True


_PROGRAM = f"import os; os._exit({EXECUTED})"


def execute() -> None:
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", _PROGRAM])


def execute_written(folder: str) -> None:
    """A program that was just written."""
    with own_file(folder, 0o700) as path:
        with open(path, "w") as file:
            file.write(f"#!{sys.executable} -IS\n{_PROGRAM}\n")
        os.chmod(path, 0o700)
        os.execv(path, [path])


def execute_memory() -> None:
    """A program without a file."""
    fd = calls.call("memfd_create", b"attack", 0)
    os.write(fd, f"#!{sys.executable} -IS\n{_PROGRAM}\n".encode())
    os.execve(fd, ["attack"], {})


# Keys, shared memory, queues


def read_key(serial: int, name: str) -> str:
    def by_name() -> bytes:
        return calls.key_read(calls.key_find(name))

    data = first([lambda: calls.key_read(serial), by_name])
    return str(data, "utf-8", "replace")


def add_key(name: str) -> bool:
    calls.key_remove(calls.key_add(name, b"guest"))
    return True


def read_shm(key: int, count: int) -> str:
    return calls.shm_read(key, count).decode(errors="replace")


def read_queue(name: str) -> str:
    return calls.queue_read(name).decode(errors="replace")


# Doors of the kernel


def io_uring() -> bool:
    os.close(calls.call("io_uring_setup", 1, (ctypes.c_uint32 * 30)()))
    return True


def bpf() -> bool:
    """An array map with one element."""
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    os.close(calls.call("bpf", 0, attributes, 128))
    return True


def perf() -> bool:
    """A counter of this process's own time, user space only."""
    attributes = (ctypes.c_uint32 * 32)(1, 128)
    attributes[10] = 0b1100001  # disabled, exclude_kernel, exclude_hv
    os.close(calls.call("perf_event_open", attributes, 0, -1, -1, 0))
    return True


def userfaultfd() -> bool:
    os.close(calls.call("userfaultfd", 1))
    return True


def personality() -> bool:
    """No randomised addresses, for whatever is executed next."""
    before = calls.call("personality", 0xFFFFFFFF)
    calls.call("personality", before | 0x0040000)
    return bool(calls.call("personality", 0xFFFFFFFF) & 0x0040000)


def dumpable() -> bool:
    """Open to others of its uid, by /proc and ptrace."""
    calls.call("prctl", 4, 1, 0, 0, 0)
    return True


_TIOCSTI, _TIOCSCTTY = 0x5412, 0x540E


def type_into_terminal(own: bool) -> bool:
    """Feed a blank to the terminal, or to one that is made for it."""
    if own:
        os.setsid()
        near, far = os.openpty()
        calls.call("ioctl", far, _TIOCSCTTY, 0)
        os.dup2(far, 0)
        del near
    blank = ctypes.create_string_buffer(b" ")

    def feed(fd: int, request: int) -> bool:
        calls.call("ioctl", fd, request, blank)
        return True

    def feed_controlling() -> bool:
        fd = os.open("/dev/tty", os.O_RDWR)
        return feed(fd, _TIOCSTI)

    return bool(
        first(
            [
                feed_controlling,
                *(functools.partial(feed, fd, _TIOCSTI) for fd in range(3)),
                # The kernel takes the low half only, and so must a filter.
                functools.partial(feed, 0, _TIOCSTI | 1 << 32),
            ]
        )
    )
