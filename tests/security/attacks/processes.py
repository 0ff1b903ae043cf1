"""Other processes: seen, signalled, traced, changed."""

from __future__ import annotations

import ctypes
import errno
import os

from .attempts import NOTHING, REACHED, attempt
from .calls import call


def see_process(pid: int) -> dict[str, str]:
    """Whether a number is in use, by calls that change nothing."""
    return {
        "getpgid": attempt(os.getpgid, pid),
        "getsid": attempt(os.getsid, pid),
        "sched_getaffinity": attempt(os.sched_getaffinity, pid),
        "sched_getscheduler": attempt(os.sched_getscheduler, pid),
        "getpriority": attempt(os.getpriority, os.PRIO_PROCESS, pid),
        "stat of /proc": attempt(os.stat, f"/proc/{pid}"),
    }


def process_list(own: list[int]) -> dict[str, str]:
    """Processes that /proc shows and this one did not make."""
    try:
        shown = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError as error:
        return {"list": errno.errorcode[error.errno]}
    others = [pid for pid in shown if pid not in [os.getpid(), *own]]
    return {"list": REACHED if others else NOTHING}


def signal_groups(groups: list[int]) -> dict[str, str]:
    """Signal 0 to everybody, to the own group and to others'."""
    found = {
        "kill -1": attempt(os.kill, -1, 0),
        "kill 0": attempt(os.kill, 0, 0),
        "parent": attempt(os.kill, os.getppid(), 0),
    }
    for group in groups:
        found["killpg"] = attempt(os.killpg, group, 0)
    return found


def end(pids: list[int], number: int) -> dict[str, str]:
    """A signal that ends or stops, to each."""
    return {
        str(place): attempt(os.kill, pid, number)
        for place, pid in enumerate(pids)
    }


def patch_parent(pid: int) -> dict[str, str]:
    """Make len() lie in another process whose memory has the same layout, as
    that of the zygote a worker was forked from has."""
    target = ctypes.addressof(ctypes.c_char.from_address(id(len)))
    value = ctypes.string_at(target, 16)

    def through_mem() -> None:
        fd = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        os.pwrite(fd, value, target)

    def through_vm() -> None:
        mine = ctypes.create_string_buffer(value, 16)
        here = (ctypes.c_size_t * 2)(ctypes.addressof(mine), 16)
        there = (ctypes.c_size_t * 2)(target, 16)
        call("process_vm_writev", pid, here, 1, there, 1, 0)

    def through_ptrace() -> None:
        call("ptrace", 16, pid, 0, 0)
        os.waitpid(pid, 0x40000000)
        word = int.from_bytes(value[:8], "little", signed=True)
        call("ptrace", 4, pid, target, word)
        call("ptrace", 17, pid, 0, 0)

    return {
        "mem": attempt(through_mem),
        "process_vm_writev": attempt(through_vm),
        "ptrace": attempt(through_ptrace),
    }
