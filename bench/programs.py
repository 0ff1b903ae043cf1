"""Contenders that are whole programs, and the floors: what the machine itself
takes for a fork, a copy or a message.  Factories, as in peers.py.
"""

from __future__ import annotations

import os
import sys

from boxed._bench.peers import bubblewrap_options

# Whole programs


def _spawn(argv: list[str]) -> bytes:
    near, far = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, far, 1)]
    pid = os.posix_spawn(argv[0], argv, {}, file_actions=actions)
    os.close(far)
    said = os.read(near, 4096)
    os.close(near)
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError(f"{argv[0]} failed")
    return said


def _python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def bare():
    """The interpreter's start and end."""
    argv = _python("pass")
    return lambda: _spawn(argv) and None


def bare_in_bubblewrap():
    argv = [*bubblewrap_options(), *_python("pass")]
    return lambda: _spawn(argv) and None


def _measured(code: str):
    """Nanoseconds that the code takes in a fresh interpreter."""
    argv = _python(
        f"import sys; sys.path.insert(0, {sys.path[0]!r})\n"
        "from time import monotonic_ns as clock; start = clock()\n"
        f"{code}\nend = clock(); print(end - start)"
    )
    return lambda: int(_spawn(argv))


def boxed_cold(tier: str = "full"):
    """From before `import boxed` to the first value, in a new program."""
    return _measured(
        "from boxed import run; from math import sqrt\n"
        f"run(sqrt, (4,), isolation={tier!r})"
    )


PRINTS = 100_000
PRINTING = f"for number in range({PRINTS}): print(number)"


IN_BLOCKS = "__import__('sys').stdout.reconfigure(line_buffering=False)\n"


def boxed_prints(tier: str = "full", in_blocks: bool = False):
    """A call that prints many short lines, which its caller keeps."""
    from io import BytesIO

    from boxed import run

    source = IN_BLOCKS + PRINTING if in_blocks else PRINTING

    def call() -> None:
        kept = BytesIO()
        run(exec, (source,), isolation=tier, stdout=kept)
        assert kept.getvalue().count(b"\n") == PRINTS

    return call


def pipe_prints(line_buffered: bool = False):
    """The same by an interpreter of its own, into a pipe."""
    import subprocess

    how = (
        f"__import__('sys').stdout.reconfigure(line_buffering={line_buffered})"
    )
    argv = _python(f"{how}\n{PRINTING}")

    def call() -> None:
        done = subprocess.run(argv, stdout=subprocess.PIPE, check=True)
        assert done.stdout.count(b"\n") == PRINTS

    return call


def boxed_program(tier: str = "full"):
    """The same program from its start to its end."""
    argv = _python(
        f"import sys; sys.path.insert(0, {sys.path[0]!r})\n"
        "from boxed import run; from math import sqrt\n"
        f"run(sqrt, (4,), isolation={tier!r})"
    )
    return lambda: _spawn(argv) and None


def importing(module: str):
    return _measured(f"import {module}")


# Floors

_FORKS = """
from posix import _exit, fork, waitpid
from time import perf_counter_ns as clock
import sys
for line in sys.stdin:
    start = clock()
    for _ in range(int(line)):
        pid = fork()
        if pid == 0:
            _exit(0)
        waitpid(pid, 0)
    print(clock() - start, flush=True)
"""


def fork_exit(forks: int = 100):
    """fork and exit of a bare interpreter, on every core at once."""
    import subprocess

    pipe = subprocess.PIPE
    loops = [
        subprocess.Popen(_python(_FORKS), stdin=pipe, stdout=pipe)
        for _ in os.sched_getaffinity(0)
    ]

    def call() -> int:
        for loop in loops:
            loop.stdin.write(b"%d\n" % forks)
            loop.stdin.flush()
        spent = [int(loop.stdout.readline()) for loop in loops]
        return sum(spent) // len(spent) // forks

    return call


def copy_fresh(result: int):
    """memcpy into memory that was just asked for, as a result's must be."""
    source = memoryview(bytearray(b"x") * result)
    return lambda: bytes(source) and None


def copy_warm(result: int):
    """memcpy into memory that is there."""
    source = memoryview(bytearray(b"x") * result)
    target = memoryview(bytearray(b"y") * result)

    def call() -> None:
        target[:] = source

    return call


def socket_round_trip():
    """One byte each way between two processes."""
    import socket

    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        while data := theirs.recv(1):
            theirs.send(data)
        os._exit(0)
    theirs.close()

    def call() -> None:
        ours.send(b"x")
        ours.recv(1)

    return call
