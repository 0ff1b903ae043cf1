"""The attacks of ``boxed doctor --attack`` that reach for other processes,
identities, sockets, programs and the kernel.  guest.py says how they are made.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import socket
import sys

from boxed._doctor.attack import calls
from boxed._doctor.attack.guest import own_file
from boxed._doctor.attack.ways import all_of, first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from boxed._doctor.attack.ways import Ways

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


def kill(pid: int, number: int) -> None:
    os.kill(pid, number)


def pidfd_kill(pid: int, number: int) -> None:
    fd = calls.call("pidfd_open", pid, 0)
    calls.call("pidfd_send_signal", fd, number, 0, 0)


_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000


def trace(pid: int) -> None:
    """Stop another process, and let it go on."""
    calls.call("ptrace", _SEIZE, pid, 0, 0)
    calls.call("ptrace", _INTERRUPT, pid, 0, 0)
    os.waitpid(pid, _WALL)
    calls.call("ptrace", _DETACH, pid, 0, 0)


def limit(pid: int, count: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, count))


def renice(pid: int, value: int) -> None:
    os.setpriority(os.PRIO_PROCESS, pid, value)


def pin(pid: int) -> None:
    os.sched_setaffinity(pid, [min(os.sched_getaffinity(0))])


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


def change_uid(uid: int) -> None:
    os.setresuid(uid, uid, uid)


def become_one_of(uids: list[int]) -> bool:
    before = os.getresuid()
    first(
        {
            str(uid): functools.partial(change_uid, uid)
            for uid in uids
            if uid not in before
        }
    )
    return os.getresuid() != before


def change_groups(groups: list[int]) -> bool:
    os.setgroups(groups)
    return os.getgroups() == groups


def capabilities() -> bool:
    """Whether any is effective, after an attempt to raise all of them."""
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
    return bool(sets[0] | sets[3])


_NEWNS, _NEWUSER = 0x00020000, 0x10000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
AT_FDCWD = -100
_CLONE_RECURSIVE = 0x8001


def unshare(flags: int = _NEWUSER) -> None:
    calls.call("unshare", flags)


def _own_mounts() -> None:
    """A mount namespace, where one can be had, so that what an attempt mounts
    outside the sandbox is nobody else's."""
    for flags in (_NEWUSER | _NEWNS, _NEWNS):
        with contextlib.suppress(OSError):
            unshare(flags)
            calls.call("mount", b"none", b"/", 0, _MS_REC | _MS_PRIVATE, 0)
            return


def mount(folder: str) -> None:
    _own_mounts()

    def at(place: str) -> None:
        calls.call("mount", b"tmpfs", place.encode(), b"tmpfs", 0, 0)
        calls.call("umount2", place.encode(), 0)

    first({place: functools.partial(at, place) for place in (folder, "/tmp")})


def clone_mounts() -> None:
    _own_mounts()
    os.close(calls.call("open_tree", AT_FDCWD, b"/", _CLONE_RECURSIVE))


def chroot() -> None:
    _own_mounts()
    os.chroot("/")


def pivot_root(folder: str) -> None:
    _own_mounts()
    with contextlib.suppress(OSError):
        calls.call("mount", b"tmpfs", folder.encode(), b"tmpfs", 0, 0)
        os.chdir(folder)
    calls.call("pivot_root", b".", b".")


def join_namespace(pid: int | str, kind: str = "net") -> None:
    """The network of another process: of its namespaces the plainest."""
    with open(f"/proc/{pid}/ns/{kind}") as file:
        calls.call("setns", file.fileno(), 0)


# Sockets


def connect(family: int, kind: int, address: Any, secret: str) -> None:
    """Send a secret to a socket of the caller's."""
    target = tuple(address) if isinstance(address, list) else address
    with socket.socket(family, kind) as one:
        one.settimeout(2)
        one.connect(target)
        one.send(secret.encode())


def listen(host: str = "127.0.0.1") -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.bind((host, 0))
        one.listen()


def raw_socket(family: int, protocol: int = 0) -> None:
    socket.socket(family, socket.SOCK_RAW, protocol).close()


def odd_sockets() -> bool:
    """Families that are doors to much kernel code: netlink, packet, VSOCK,
    AF_ALG, Bluetooth, CAN."""
    families = (16, 17, 40, 38, 31, 29)
    return all_of(
        {
            str(family): functools.partial(raw_socket, family)
            for family in families
        }
    )


# Programs


def fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def spawn(
    path: str = sys.executable, args: Sequence[str] = ("-ISc", "")
) -> bool:
    """posix_spawn, and with it vfork."""
    pid = os.posix_spawn(path, [path, *args], {})
    return os.waitpid(pid, 0)[1] == 0


_PROGRAM = f"import os; os._exit({EXECUTED})"
ARGV = (sys.executable, "-ISc", _PROGRAM)


def execute(path: str = sys.executable) -> None:
    os.execv(path, ARGV)


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


def key_reads(serial: int, name: str) -> Ways:
    """Read a key of the session keyring."""

    def by_number() -> str:
        return calls.key_read(serial).decode(errors="replace")

    def by_name() -> str:
        return calls.key_read(calls.key_find(name)).decode(errors="replace")

    return {"read by number": by_number, "search the session": by_name}


def read_key(serial: int, name: str) -> str:
    return str(first(key_reads(serial, name)))


def add_key(name: str, ring: int = calls.SESSION_KEYRING) -> None:
    calls.key_remove(calls.key_add(name, b"guest", ring), ring)


def read_shm(key: int, count: int) -> str:
    return calls.shm_read(key, count).decode(errors="replace")


def read_queue(name: str) -> str:
    return calls.queue_read(name).decode(errors="replace")


# Doors of the kernel


def io_uring() -> None:
    os.close(calls.call("io_uring_setup", 1, (ctypes.c_uint32 * 30)()))


def bpf() -> None:
    """An array map with one element."""
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)
    os.close(calls.call("bpf", 0, attributes, 128))


def perf(pid: int = 0) -> None:
    """A counter of a process's own time, user space only."""
    attributes = (ctypes.c_uint32 * 32)(1, 128)
    attributes[10] = 0b1100001  # disabled, exclude_kernel, exclude_hv
    os.close(calls.call("perf_event_open", attributes, pid, -1, -1, 0))


def userfaultfd() -> None:
    os.close(calls.call("userfaultfd", 1))


_NO_RANDOMIZE = 0x0040000


def personality(flag: int = _NO_RANDOMIZE) -> bool:
    """No randomised addresses, for whatever is executed next."""
    before = calls.call("personality", 0xFFFFFFFF)
    calls.call("personality", before | flag)
    return bool(calls.call("personality", 0xFFFFFFFF) & flag)


def dumpable() -> None:
    """Open to others of its uid, by /proc and ptrace."""
    calls.call("prctl", 4, 1, 0, 0, 0)


TIOCSTI, _TIOCSCTTY = 0x5412, 0x540E


def feed(fd: int, request: int) -> None:
    """A blank into a terminal's input."""
    calls.call("ioctl", fd, request, ctypes.create_string_buffer(b" "))


def terminal_feeds(fds: list[int]) -> Ways:
    """Feed a terminal that is open."""

    def each(request: int) -> Callable[[], object]:
        ways = {str(fd): functools.partial(feed, fd, request) for fd in fds}
        return functools.partial(first, ways)

    return {
        "TIOCSTI": each(TIOCSTI),
        # The kernel takes the low half only, and so must a filter.
        "TIOCSTI with high bits": each(TIOCSTI | 0x123 << 32),
    }


def type_into_terminal(own: bool) -> None:
    """Feed a blank to the terminal, or to one that is made for it."""
    if own:
        os.setsid()
        near, far = os.openpty()
        calls.call("ioctl", far, _TIOCSCTTY, 0)
        os.dup2(far, 0)
        del near

    def controlling() -> None:
        feed(os.open("/dev/tty", os.O_RDWR), TIOCSTI)

    first({"controlling": controlling, **terminal_feeds([0, 1, 2])})
