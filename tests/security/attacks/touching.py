"""Every effect one process can have on another."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
from collections.abc import Callable

from .attempts import attempt
from .calls import call

Attempts = dict[str, Callable[[], object]]

# Where every fork of a program has memory that nothing uses.
SPARE = ctypes.create_string_buffer(64)


def touch_process(pid: int) -> dict[str, str]:
    """All of them.  Traces come first: they would take signals that are on
    their way."""
    groups = (traces, signals, settings, insides, files_of_proc)
    return {
        what: attempt(function)
        for group in groups
        for what, function in group(pid).items()
    }


def traces(pid: int) -> Attempts:
    """Traces of it."""

    def trace() -> None:
        call("ptrace", 0x4206, pid, 0, 0)  # PTRACE_SEIZE
        call("ptrace", 0x4207, pid, 0, 0)  # PTRACE_INTERRUPT
        os.waitpid(pid, 0x40000000)
        call("ptrace", 17, pid, 0, 0)

    def attach() -> None:
        call("ptrace", 16, pid, 0, 0)
        os.waitpid(pid, 0x40000000)
        call("ptrace", 17, pid, 0, 0)

    return {
        "PTRACE_SEIZE": trace,
        "PTRACE_ATTACH": attach,
    }


def signals(pid: int) -> Attempts:
    """Signals to it, by every call that sends one."""

    def by_pidfd() -> None:
        fd = call("pidfd_open", pid, 0)
        call("pidfd_send_signal", fd, 0, None, 0)

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
        "kill 0": lambda: os.kill(pid, 0),
        "kill SIGCONT": lambda: os.kill(pid, signal.SIGCONT),
        "tgkill": lambda: call("tgkill", pid, pid, signal.SIGCONT),
        "tkill": lambda: call("tkill", pid, signal.SIGCONT),
        "sigqueue": lambda: queue("rt_sigqueueinfo", pid),
        "tgsigqueue": lambda: queue("rt_tgsigqueueinfo", pid, pid),
        "pidfd_send_signal": by_pidfd,
        "SIGIO": own_io,
        "SIOCSPGRP": own_io_ioctl,
    }


def settings(pid: int) -> Attempts:
    """Its limits, priorities and processors."""

    def get_limit() -> bytes:
        old = ctypes.create_string_buffer(16)
        call("prlimit64", pid, resource.RLIMIT_NOFILE, None, old)
        return old.raw

    def set_limit() -> None:
        same = ctypes.create_string_buffer(get_limit(), 16)
        call("prlimit64", pid, resource.RLIMIT_NOFILE, same, None)

    def set_affinity() -> None:
        os.sched_setaffinity(pid, os.sched_getaffinity(pid))

    def priority() -> None:
        os.setpriority(os.PRIO_PROCESS, pid, 19)

    def scheduler() -> None:
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))

    return {
        "prlimit get": get_limit,
        "prlimit set": set_limit,
        "sched_setaffinity": set_affinity,
        "sched_setscheduler": scheduler,
        "ioprio_set": lambda: call("ioprio_set", 1, pid, 3 << 13),
        "setpriority": priority,
        # Only read: written, it would change all processes of the user.
        "priority of the user": lambda: os.getpriority(os.PRIO_USER, 0),
    }


def vector(at: int, size: int):
    return (ctypes.c_size_t * 2)(at, size)


def insides(pid: int) -> Attempts:
    """Its memory, descriptors and events."""

    def steal_fd() -> None:
        fd = call("pidfd_open", pid, 0)
        call("pidfd_getfd", fd, 0, 0)

    def memory(name: str) -> None:
        mine = ctypes.create_string_buffer(8)
        here = vector(ctypes.addressof(mine), 8)
        there = vector(ctypes.addressof(SPARE), 8)
        call(name, pid, here, 1, there, 1, 0)

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

    def perf() -> None:
        event = bytearray(128)
        struct.pack_into("IIQ", event, 0, 1, 128, 0)
        buffer = (ctypes.c_char * 128).from_buffer(event)
        os.close(call("perf_event_open", buffer, pid, -1, -1, 0))

    return {
        "pidfd_getfd": steal_fd,
        "process_vm_readv": lambda: memory("process_vm_readv"),
        "process_vm_writev": lambda: memory("process_vm_writev"),
        "process_madvise": advise,
        "kcmp": lambda: call("kcmp", pid, pid, 0, 0, 0),
        "get_robust_list": robust_list,
        "migrate_pages": migrate,
        "move_pages": lambda: call("move_pages", pid, 0, None, None, None, 0),
        "perf_event_open": perf,
    }


def files_of_proc(pid: int) -> Attempts:
    """What /proc has of it."""

    def opened(leaf: str, flags: int) -> None:
        os.close(os.open(f"/proc/{pid}/{leaf}", flags))

    attempts: Attempts = {}
    for leaf in ("status", "cmdline", "environ", "maps", "mem", "ns/user"):
        attempts[f"open {leaf}"] = lambda leaf=leaf: opened(leaf, os.O_RDONLY)
    for leaf in ("mem", "oom_score_adj", "comm", "clear_refs"):
        attempts[f"write {leaf}"] = lambda leaf=leaf: opened(leaf, os.O_WRONLY)
    for leaf in ("cwd", "root", "exe", "fd/0", "ns/net"):
        attempts[f"readlink {leaf}"] = lambda leaf=leaf: os.readlink(
            f"/proc/{pid}/{leaf}"
        )
    attempts["list fd"] = lambda: os.listdir(f"/proc/{pid}/fd")
    return attempts
