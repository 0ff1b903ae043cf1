"""Outliving a call, and not ending; what ordinary calls do beside it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import struct
import threading
import time
from functools import partial

from boxed._doctor.attack.guest import deafen, spin
from boxed._doctor.attack.ways import Ways

from .attempts import attack
from .calls import call, libc


@attack
def multiply(seconds: float) -> Ways:
    """Processes that would outlive the call, by every way to make one."""

    def detach() -> None:
        deafen()
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        os.closerange(0, 4096)
        time.sleep(seconds)

    def fork() -> None:
        if os.fork() == 0:
            try:
                os.setsid()
                if os.fork() == 0:
                    detach()
            finally:
                os._exit(0)

    def directly(name: str, *args) -> None:
        pid = call(name, *args)
        if pid == 0:
            try:
                detach()
            finally:
                os._exit(0)

    flags = {
        "clone": signal.SIGCHLD,
        "clone with CLONE_PARENT": 0x8000 | signal.SIGCHLD,
        "clone with CLONE_PTRACE": 0x2000 | signal.SIGCHLD,
        "clone with CLONE_UNTRACED": 0x00800000 | signal.SIGCHLD,
    }
    arguments = struct.pack("11Q", 0, 0, 0, 0, signal.SIGCHLD, *[0] * 6)
    size = len(arguments)
    return {
        "fork": fork,
        **{
            name: partial(directly, "clone", value, 0, 0, 0, 0)
            for name, value in flags.items()
        },
        "clone3": partial(directly, "clone3", arguments, size),
    }


def leave_holder(seconds: float) -> int:
    """A grandchild that holds the answer's socket and both outputs."""
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            time.sleep(seconds)
        os._exit(0)
    os.wait()
    return 1


def linger(fds: int) -> int:
    """Answers, but does not end: the answer is sent and nothing after it
    happens as the sandbox means it."""

    def stay(_status: int) -> None:
        while True:
            time.sleep(1)

    for _ in range(fds):
        os.dup(3)
    near, far = socket.socketpair()
    # Refused where there is no network.
    with contextlib.suppress(PermissionError):
        socket.send_fds(near, [b"x"], [3])
    globals()["kept"] = near, far
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os._exit = stay
    return 1


def stubborn(seconds: float) -> int:
    """Does everything against being ended, then spins."""
    deafen()
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    signal.alarm(0)
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL):
        signal.setitimer(timer, 0)
    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_RTTIME):
        with contextlib.suppress(OSError, ValueError):
            hard = resource.getrlimit(limit)[1]
            resource.setrlimit(limit, (hard, hard))
    with contextlib.suppress(OSError):
        call("prctl", 1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG
    threading.Thread(target=time.sleep, args=(seconds,)).start()
    with contextlib.suppress(OSError):
        for _ in range(3):
            os.fork()
    spin(seconds)
    return 1


def stop_self() -> int:
    os.kill(os.getpid(), signal.SIGSTOP)
    return 1


def take_name(name: str) -> None:
    """By it a test finds the process."""
    libc.prctl(15, name.encode(), 0, 0, 0)


def stay(name: str, seconds: float) -> int:
    take_name(name)
    return sleep(seconds)


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return 1


def say(text: str) -> str:
    print(text)
    return text


def add(one: int, other: int) -> int:
    return one + other


def length(value: list) -> int:
    return len(value)


def parent_pid() -> int:
    return os.getppid()


def hold_threads(seconds: float) -> int:
    """Three threads that are there for a while."""
    made = [
        threading.Thread(target=time.sleep, args=(seconds,)) for _ in range(3)
    ]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()
    return len(made)


def threads_status() -> dict[str, str]:
    """NoNewPrivs and Seccomp of every thread, while some run."""
    pause = threading.Event()
    for _ in range(3):
        threading.Thread(target=pause.wait, daemon=True).start()
    found = {}
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/status") as file:
            lines = dict(
                line.split(":\t", 1) for line in file if ":\t" in line
            )
        found[task] = (
            lines["NoNewPrivs"].strip() + "," + lines["Seccomp"].strip()
        )
    pause.set()
    return found
