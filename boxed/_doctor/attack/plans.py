"""How the attempts are made: their targets, and what would be a break.

A plan makes a target, yields the trial on it, and removes the target.  Plans
that differ only in a function or its target come from a maker.  All of this
runs in the doctor; what it tries is a function of guest.py or reach.py.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time

from . import guest, reach
from .session import (
    SIGNAL,
    expecting_signal,
    listener,
    received,
    signal_came,
)
from .sides import LIMITS, MIB, Trial, victim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from .session import Session
    from .sides import Answer, Inside, Outside, Target

    Side = Inside | Outside
    Plan = Callable[[Session, Side], AbstractContextManager[Trial]]

# Makers of plans


def call(function: str, *args: Any) -> Plan:
    """A break if the function is not refused."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        yield Trial([(function, list(args))])

    return plan


def in_folder(function: str, *args: Any) -> Plan:
    """The same, with a directory that everybody may write."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        yield Trial([(function, [session.open_folder(), *args])])

    return plan


def executes(function: str, *, written: bool = False) -> Plan:
    """A break if the process became another program."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        yield Trial(
            [(function, [session.open_folder()] if written else [])],
            lambda answer: answer.exitcode == reach.EXECUTED,
        )

    return plan


def beyond(function: str, limit: int, *args: Any) -> Plan:
    """A break if the function got more than the limit of something."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        yield Trial(
            [(function, list(args))],
            lambda answer: (answer.value or 0) > limit,
        )

    return plan


def reads(
    function: str,
    target: Callable[[Session], AbstractContextManager[list[Any]]],
) -> Plan:
    """A break if the secret comes back."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        with target(session) as args:
            yield Trial(
                [(function, args)],
                lambda answer: session.secret in str(answer.value),
            )

    return plan


@contextlib.contextmanager
def key(session: Session) -> Iterator[list[Any]]:
    with session.key() as serial:
        yield [serial, session.token]


@contextlib.contextmanager
def shm(session: Session) -> Iterator[list[Any]]:
    with session.shared_memory() as key:
        yield [key, len(session.secret)]


@contextlib.contextmanager
def queue(session: Session) -> Iterator[list[Any]]:
    with session.queue() as name:
        yield [name]


@contextlib.contextmanager
def named_memory(session: Session) -> Iterator[list[Any]]:
    with session.named_memory() as path:
        yield [path]


def file(mode: int, *more: Any) -> Any:
    @contextlib.contextmanager
    def target(session: Session) -> Iterator[list[Any]]:
        yield [session.file(mode), *more]

    return target


def inherited(*args: Any) -> Any:
    @contextlib.contextmanager
    def target(session: Session) -> Iterator[list[Any]]:
        yield list(args)

    return target


def on_victim(function: str, hit: Any, *args: Any) -> Plan:
    """On a process of the caller's: a break if something was done to it."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        with victim(session.secret) as target:
            before = _state(target)
            yield Trial(
                [(function, [target.pid, *args])],
                lambda answer: hit(session, target, before, answer),
            )

    return plan


def victim_memory(function: str) -> Plan:
    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        with victim(session.secret) as target:
            size = len(session.secret)
            yield Trial(
                [(function, [target.pid, target.address, size])],
                lambda answer: answer.value == session.secret,
            )

    return plan


def victim_file(entry: str) -> Plan:
    """An entry of its directory in /proc."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        with victim(session.secret) as target:
            yield Trial(
                [("read", [f"/proc/{target.pid}/{entry}"])],
                lambda answer: session.secret in str(answer.value),
            )

    return plan


def _state(target: Target) -> tuple[Any, ...]:
    """What one process may change of another."""
    return (
        os.getpriority(os.PRIO_PROCESS, target.pid),
        resource.prlimit(target.pid, resource.RLIMIT_NOFILE),
        os.sched_getaffinity(target.pid),
    )


def died(session: Any, target: Target, before: Any, answer: Answer) -> bool:
    """Waits for the end of what a signal was sent to."""
    end = time.monotonic() + (0.5 if answer.reached else 0)
    while target.alive() and time.monotonic() < end:
        time.sleep(0.005)
    return not target.alive()


def changed(
    session: Any, target: Target, before: object, answer: Answer
) -> bool:
    return _state(target) != before


def did(session: Any, target: Any, before: Any, answer: Answer) -> bool:
    return answer.reached


def sibling(function: str, *args: Any, kills: bool = False) -> Plan:
    """On another call of the same sandbox."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        with side.sibling() as target:
            yield Trial(
                [(function, [target.pid, *args])],
                lambda answer: (
                    answer.reached or (kills and not target.alive())
                ),
            )

    return plan


def sockets(family: int, kind: int, where: str) -> Plan:
    """A break if anything reaches the doctor's socket."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        address: str | tuple[str, int] = ("127.0.0.1", 0)
        if where == "abstract":
            address = "\0" + session.token
        elif where == "path":
            address = session.name()
        with listener(family, kind, address) as one:
            if where == "loopback":
                address = one.getsockname()
            secret = session.secret
            yield Trial(
                [("connect", [family, kind, address, secret])],
                lambda answer: received(one) == secret.encode(),
            )

    return plan


# Plans of their own


@contextlib.contextmanager
def other_name(session: Session, side: Side) -> Iterator[Trial]:
    yield Trial(
        [("read_otherwise", [session.file(0o644), [os.getpid(), 1]])],
        lambda answer: session.secret in str(answer.value),
    )


@contextlib.contextmanager
def list_folder(session: Session, side: Side) -> Iterator[Trial]:
    name = os.path.basename(session.file(0o644))
    yield Trial([("lists", [session.folder, name])])


@contextlib.contextmanager
def write_files(session: Session, side: Side) -> Iterator[Trial]:
    folders = session.writable_folders()

    def hit(answer: Answer) -> bool:
        made = [f"{folder}/{session.token}" for folder in folders]
        made = [path for path in made if os.path.lexists(path)]
        for path in made:
            os.unlink(path)
        return bool(made)

    yield Trial([("create_in", [folders, session.token])], hit)


# Of a stat result: mode, links, size, time of change.
_STATE = (0, 3, 6, 8)


def alters(function: str, *args: str) -> Plan:
    """A break if a directory, or any file in it, is not as it was."""

    @contextlib.contextmanager
    def plan(session: Session, side: Side) -> Iterator[Trial]:
        folder = session.open_folder()
        for name in guest.CHANGED:
            os.rename(session.file(0o666), f"{folder}/{name}")

        def state() -> list[Any]:
            return [
                (name, *(os.lstat(f"{folder}/{name}")[i] for i in _STATE))
                for name in sorted(os.listdir(folder))
            ]

        before = state()
        yield Trial(
            [(function, [folder, *args])], lambda answer: state() != before
        )

    return plan


@contextlib.contextmanager
def signal_doctor(session: Session, side: Side) -> Iterator[Trial]:
    with expecting_signal():
        yield Trial(
            [("kill", [os.getpid(), SIGNAL])], lambda answer: signal_came()
        )


@contextlib.contextmanager
def descriptor(session: Session, side: Side) -> Iterator[Trial]:
    """A break if a descriptor can be taken out of the doctor."""
    fd = os.open(session.file(), os.O_RDONLY)
    try:
        yield Trial(
            [("take_descriptor", [os.getpid(), fd])],
            lambda answer: answer.value == session.secret,
        )
    finally:
        os.close(fd)


@contextlib.contextmanager
def identity(session: Session, side: Side) -> Iterator[Trial]:
    yield Trial([("become_one_of", [[0, os.getuid(), 1, 2]])])


@contextlib.contextmanager
def terminal(session: Session, side: Side) -> Iterator[Trial]:
    yield Trial([("type_into_terminal", [not side.is_sandbox])])


@contextlib.contextmanager
def residue(session: Session, side: Side) -> Iterator[Trial]:
    name = [session.token]
    yield Trial([("leave", name), ("find", name)])


@contextlib.contextmanager
def hostile(session: Session, side: Side) -> Iterator[Trial]:
    path = session.name()
    yield Trial(
        [("load_hostile", [path])],
        lambda answer: os.path.exists(path),
        pickled=("hostile", [path]),
    )


@contextlib.contextmanager
def escape(session: Session, side: Side) -> Iterator[Trial]:
    yield Trial([("print_escape", [])], lambda answer: "\x1b" in answer.output)


@contextlib.contextmanager
def much_output(session: Session, side: Side) -> Iterator[Trial]:
    yield Trial(
        [("print_much", [MIB])],
        lambda answer: len(answer.output) > LIMITS.output + 4096,
    )


@contextlib.contextmanager
def fill(session: Session, side: Side) -> Iterator[Trial]:
    """Three times what /tmp may hold; where nothing is writable, nothing."""
    step = LIMITS.tmp_size // 2
    yield Trial(
        [("fill", [session.open_folder(), step, 6])],
        lambda answer: (answer.value or 0) > 2,
    )


@contextlib.contextmanager
def overtime(session: Session, side: Side) -> Iterator[Trial]:
    yield Trial([("spin", [1.0])], seconds=0.3)
