"""Starts the launcher as a hostile local user would: with an order of one's
own, straight on its socket.

A start is over when three peers are gone: the status record's socket, the
guest's socket and the pipe of what is printed.  Every process of a sandbox
holds one of them, so their end proves that none is left.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from environments import LAUNCHER, Environment
from proc import descendants, survivors

ORDER_FD, SERVER_FD = 3, 4
STATUS_MAGIC = 0x54535842

# The names of enum boxed_stage, in its order; a test compares them.
STAGES = """
    start capabilities order configuration user shared pool collect collector
    memory session identity capset no_new_privs verify namespaces uid_map proc
    root trees bounding fork limits descriptors landlock seccomp exec zygote
    scratch worker
""".split()  # noqa: SIM905

# Exit codes of the launcher.
BY_HAND, FAILED = 100, 111


@dataclass
class Ended:
    """All that came out of one start.

    :param status: exit code; a signal's number negated.
    :param records: (stage, errno, detail) of each status record.
    :param said: the guest's messages on its socket.
    :param printed: what launcher and guest wrote to stderr and stdout.
    """

    status: int
    records: list[tuple[str, int, int]] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    printed: str = ""

    @property
    def stage(self) -> str:
        """Where it failed; empty if nowhere."""
        return self.records[0][0] if self.records else ""

    @property
    def errno(self) -> int:
        return self.records[0][1] if self.records else 0

    @property
    def ran(self) -> bool:
        """Whether anything that the order named was executed: then its end
        is told with its wait status, or it printed or said something."""
        return bool(self.stage == "zygote" or self.said or self.printed)


def read_record(data: bytes) -> tuple[str, int, int]:
    magic, stage, error, detail = struct.unpack("=IIiI", data)
    assert magic == STATUS_MAGIC
    return STAGES[stage], error, detail


@contextlib.contextmanager
def as_user(uid: int):
    """With another effective uid: a socket remembers who made it."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(uid)
    try:
        yield
    finally:
        if before == 0:
            os.seteuid(before)


def above(fd: int) -> int:
    """A copy of a descriptor with a number that nothing here asks for."""
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)


class Start:
    """A launcher that was started; `finish` collects what comes of it."""

    def __init__(
        self,
        environment: Environment,
        order: bytes | None,
        *,
        launcher: str | os.PathLike[str] = LAUNCHER,
        argv: Sequence[str] = (),
        enter: Sequence[str] = (),
        through: Sequence[str | os.PathLike[str]] = (),
        env: dict[str, str] | None = None,
    ) -> None:
        """Start it in an environment.

        :param order: what to send; None: nothing, and the peer stays silent.
        :param argv: arguments, after the program's own name.
        :param enter: further options of `enter`.
        :param through: a command that runs the launcher, put in place of
            the environment: it must become the user itself.
        """
        prefix = through or [*environment.enter, *enter, "--"]
        command = [*map(os.fspath, prefix), os.fspath(launcher), *argv]
        kind = socket.SOCK_SEQPACKET
        with as_user(environment.uid):
            self.control, far_control = socket.socketpair(socket.AF_UNIX, kind)
            self.server, far_server = socket.socketpair(socket.AF_UNIX, kind)
        self._log, far_log = os.pipe()
        if order is not None:
            self.control.send(order)
        null = os.open(os.devnull, os.O_RDWR)
        far = [far_control.fileno(), far_server.fileno(), far_log, null]
        copies = [above(fd) for fd in far]
        to = (ORDER_FD, SERVER_FD, 2, 0)
        actions = [
            (os.POSIX_SPAWN_DUP2, fd, place) for fd, place in zip(copies, to)
        ]
        actions.append((os.POSIX_SPAWN_DUP2, copies[2], 1))
        try:
            self.pid = os.posix_spawn(
                command[0],
                command,
                {**environment.variables, **(env or {})},
                file_actions=actions,
            )
        finally:
            for fd in (*copies, far_log, null):
                os.close(fd)
            far_control.close()
            far_server.close()
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def finish(self, seconds: float = 20) -> Ended:
        """Wait for the end of every process that was started.

        :raises AssertionError: one was still there after SECONDS.
        """
        deadline = time.monotonic() + seconds
        control: list[bytes] = []
        said: list[bytes] = []
        printed: list[bytes] = []
        sinks = {
            self.control.fileno(): control,
            self.server.fileno(): said,
            self._log: printed,
        }
        try:
            self._drain(sinks, deadline)
            while self.poll() is None:
                assert time.monotonic() < deadline, "the launcher is alive"
                time.sleep(0.002)
        finally:
            self.close()
        return Ended(
            self._status or 0,
            [read_record(data) for data in control],
            said,
            b"".join(printed).decode(errors="backslashreplace"),
        )

    def _drain(self, sinks: dict[int, list[bytes]], deadline: float) -> None:
        waiting = select.poll()
        for fd in sinks:
            waiting.register(fd, select.POLLIN)
        left = set(sinks)
        while left:
            ready = waiting.poll(max(0, deadline - time.monotonic()) * 1000)
            assert ready, f"somebody survived: {survivors(self.pid)}"
            for fd, _ in ready:
                try:
                    data = os.read(fd, 1 << 16)
                except ConnectionResetError:
                    # It ended with a message of ours unread; what it wrote
                    # comes after this.
                    continue
                if data:
                    sinks[fd].append(data)
                else:
                    waiting.unregister(fd)
                    left.discard(fd)

    def hang_up(self) -> None:
        """The caller's death, as the launcher sees it."""
        self.control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.control.close()
        self.server.close()
        if self._log >= 0:
            os.close(self._log)
            self._log = -1
        if self.poll() is None:
            # Ours still, for it was not waited for.
            for pid in [*reversed(descendants(self.pid)), self.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _, self._status = os.waitpid(self.pid, 0)

    def __enter__(self) -> Start:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def start(environment: Environment, order: bytes | None, **options) -> Ended:
    """Start the launcher with an order and return what came of it."""
    return Start(environment, order, **options).finish()
