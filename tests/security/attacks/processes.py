"""Other processes: seen, signalled, traced, changed."""

from __future__ import annotations

import ctypes
import os
from functools import partial

from boxed._doctor.attack import reach
from boxed._doctor.attack.ways import Ways

from .attempts import attack
from .calls import call, poke


@attack
def see_process(pid: int) -> Ways:
    """Whether a number is in use, by calls that change nothing."""
    return {
        "getpgid": lambda: os.getpgid(pid),
        "getsid": lambda: os.getsid(pid),
        "sched_getaffinity": lambda: os.sched_getaffinity(pid),
        "sched_getscheduler": lambda: os.sched_getscheduler(pid),
        "getpriority": lambda: os.getpriority(os.PRIO_PROCESS, pid),
        "stat of /proc": lambda: os.stat(f"/proc/{pid}"),
    }


@attack
def process_list(own: list[int]) -> Ways:
    """Processes that /proc shows and this one did not make."""

    def others() -> bool:
        shown = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        return not shown <= {os.getpid(), *own}

    return {"list": others}


@attack
def signal_groups(groups: list[int]) -> Ways:
    """Signal 0 to everybody, to the own group and to others'."""
    return {
        "kill -1": partial(reach.kill, -1, 0),
        "kill 0": partial(reach.kill, 0, 0),
        "parent": partial(reach.kill, os.getppid(), 0),
        **{
            f"killpg {place}": partial(os.killpg, group, 0)
            for place, group in enumerate(groups)
        },
    }


@attack
def end(pids: list[int], number: int) -> Ways:
    """A signal that ends or stops, to each."""
    return {
        str(place): partial(reach.kill, pid, number)
        for place, pid in enumerate(pids)
    }


@attack
def patch_parent(pid: int) -> Ways:
    """Make len() lie in another process whose memory has the same layout, as
    that of the zygote a worker was forked from has."""
    target = ctypes.addressof(ctypes.c_char.from_address(id(len)))
    value = ctypes.string_at(target, 16)

    def through_mem() -> None:
        fd = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        os.pwrite(fd, value, target)

    def through_ptrace() -> None:
        call("ptrace", 16, pid, 0, 0)
        os.waitpid(pid, 0x40000000)
        word = int.from_bytes(value[:8], "little", signed=True)
        call("ptrace", 4, pid, target, word)
        call("ptrace", 17, pid, 0, 0)

    return {
        "mem": through_mem,
        "process_vm_writev": partial(poke, pid, target, value),
        "ptrace": through_ptrace,
    }
