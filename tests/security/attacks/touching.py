"""Every effect one process can have on another."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
from functools import partial

from boxed._doctor.attack import reach
from boxed._doctor.attack.ways import Ways

from .attempts import attack
from .calls import call, poke, vector

# Where every fork of a program has memory that nothing uses.
SPARE = ctypes.create_string_buffer(64)


def touches(pid: int) -> Ways:
    """All of them.  Traces come first: they would take signals that are on
    their way."""
    groups = (traces, signals, settings, insides, files_of_proc)
    return {what: way for group in groups for what, way in group(pid).items()}


@attack
def touch_process(pid: int) -> Ways:
    return touches(pid)


def traces(pid: int) -> Ways:
    """Traces of it."""

    def attach() -> None:
        call("ptrace", 16, pid, 0, 0)
        os.waitpid(pid, 0x40000000)
        call("ptrace", 17, pid, 0, 0)

    return {
        "PTRACE_SEIZE": partial(reach.trace, pid),
        "PTRACE_ATTACH": attach,
    }


def signals(pid: int) -> Ways:
    """Signals to it, by every call that sends one."""

    def queue(name: str, *who: int) -> None:
        info = bytearray(128)
        struct.pack_into("iii", info, 0, signal.SIGCONT, 0, -1)
        value = (ctypes.c_char * 128).from_buffer(info)
        call(name, *who, signal.SIGCONT, value)

    def own_io() -> None:
        near, far = socket.socketpair()
        fcntl.fcntl(near, fcntl.F_SETOWN, pid)
        fcntl.fcntl(near, 10, signal.SIGCONT)
        flags = fcntl.fcntl(near, fcntl.F_GETFL)
        fcntl.fcntl(near, fcntl.F_SETFL, flags | os.O_ASYNC)
        far.send(b"x")

    def own_io_ioctl() -> None:
        near, _ = socket.socketpair()
        fcntl.ioctl(near, 0x8902, struct.pack("i", pid))

    return {
        "kill 0": partial(reach.kill, pid, 0),
        "kill SIGCONT": partial(reach.kill, pid, signal.SIGCONT),
        "tgkill": lambda: call("tgkill", pid, pid, signal.SIGCONT),
        "tkill": lambda: call("tkill", pid, signal.SIGCONT),
        "sigqueue": lambda: queue("rt_sigqueueinfo", pid),
        "tgsigqueue": lambda: queue("rt_tgsigqueueinfo", pid, pid),
        "pidfd_send_signal": partial(reach.pidfd_kill, pid, 0),
        "SIGIO": own_io,
        "SIOCSPGRP": own_io_ioctl,
    }


def settings(pid: int) -> Ways:
    """Its limits, priorities and processors."""

    def scheduler() -> None:
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))

    return {
        "prlimit get": lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE),
        "prlimit set": partial(reach.limit, pid, 64),
        "sched_setaffinity": partial(reach.pin, pid),
        "sched_setscheduler": scheduler,
        "ioprio_set": lambda: call("ioprio_set", 1, pid, 3 << 13),
        "setpriority": partial(reach.renice, pid, 19),
        # Only read: written, it would change all processes of the user.
        "priority of the user": lambda: os.getpriority(os.PRIO_USER, 0),
    }


def insides(pid: int) -> Ways:
    """Its memory, descriptors and events."""
    spare = ctypes.addressof(SPARE)

    def advise() -> None:
        fd = call("pidfd_open", pid, 0)
        page = vector(id(None) & ~4095, 4096)
        call("process_madvise", fd, page, 1, 20, 0)

    def migrate() -> None:
        node = ctypes.c_ulong(1)
        at = ctypes.byref(node)
        call("migrate_pages", pid, 64, at, at)

    def robust_list() -> None:
        head, size = ctypes.c_long(), ctypes.c_long()
        call("get_robust_list", pid, ctypes.byref(head), ctypes.byref(size))

    return {
        "pidfd_getfd": partial(reach.take_descriptor, pid, 0),
        "process_vm_readv": partial(reach.peek, pid, spare, 8),
        "process_vm_writev": lambda: poke(pid, spare, bytes(8)),
        "read mem": partial(reach.memory_file, pid, spare, 8),
        "process_madvise": advise,
        "kcmp": lambda: call("kcmp", pid, pid, 0, 0, 0),
        "get_robust_list": robust_list,
        "migrate_pages": migrate,
        "move_pages": lambda: call("move_pages", pid, 0, None, None, None, 0),
        "perf_event_open": partial(reach.perf, pid),
    }


def files_of_proc(pid: int) -> Ways:
    """What /proc has of it."""

    def opened(leaf: str, flags: int) -> None:
        os.close(os.open(f"/proc/{pid}/{leaf}", flags))

    leaves = {
        os.O_RDONLY: ("status", "cmdline", "environ", "maps", "ns/user"),
        os.O_WRONLY: ("mem", "oom_score_adj", "comm", "clear_refs"),
    }
    links = ("cwd", "root", "exe", "fd/0", "ns/net")
    return {
        **{
            f"{'write' if flags else 'open'} {leaf}": partial(
                opened, leaf, flags
            )
            for flags, names in leaves.items()
            for leaf in names
        },
        **{
            f"readlink {leaf}": partial(os.readlink, f"/proc/{pid}/{leaf}")
            for leaf in links
        },
        "list fd": lambda: os.listdir(f"/proc/{pid}/fd"),
    }
