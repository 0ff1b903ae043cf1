"""Room for one more call: descriptors, of which each call needs some.

A thousand threads may call at once, under a usual limit of 1,024 open files.
A call for which there are none waits until another one has ended.

Who is counted and who waits is a matter of _boxed.Seat: one that is collected
counts no more, whatever has interrupted its call.
"""

from __future__ import annotations

import time

from .. import _boxed
from . import prefork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeVar

    T = TypeVar("T")

#: Calls of this process that are open at once.  A zygote has descriptors for
#: 2,000 workers, if it is allowed that many.
MOST = 1500
#: Seconds without the end of any call after which a call that waits for one
#: gives up.
PATIENCE = 60
#: Seconds after which it tries again though no call has ended: what holds the
#: descriptors need not be calls.
RETRY = 2
#: Errors that pass when another call ends: no descriptors are left, or too
#: many of this user's are on their way through sockets (unix(7)); the sandbox
#: has more calls to take than fit; no memory is left for them.
EMFILE, ENFILE, ETOOMANYREFS = 24, 23, 109
EAGAIN, ENOMEM, ENOBUFS = 11, 12, 105
SHORTAGES = (EMFILE, ENFILE, ETOOMANYREFS, EAGAIN, ENOMEM, ENOBUFS)

_SECOND = 1_000_000_000


def enter(seat: _boxed.Seat, open_call: Callable[[], T]) -> T:
    """entering(), by a thread that waits."""
    steps = entering(seat, open_call, _boxed.Seat.wait)
    try:
        came = next(steps)
        while True:
            came = steps.send(came)
    except StopIteration as done:
        opened: T = done.value
        return opened


def entering(
    seat: _boxed.Seat,
    open_call: Callable[[], Any],
    wait: Callable[[_boxed.Seat, float], Any],
) -> Generator[Any, bool, Any]:
    """What `open_call` returns, as soon as there is room.

    :param seat: is taken then, and to be left at the call's end.
    :param wait: makes of it and of seconds what is yielded, and what comes
        says whether there is another call whose end could make room.

    :raises OSError: there is none, and no other call whose end could make
        some, or none has ended for PATIENCE seconds.  A call that waits, or
        that belongs to a thread which does, is none whose end could come.
    """
    try:
        return (yield from _entering(seat, open_call, wait))
    except BaseException:
        seat.leave()
        raise


def _entering(
    seat: _boxed.Seat,
    open_call: Callable[[], Any],
    wait: Callable[[_boxed.Seat, float], Any],
) -> Generator[Any, bool, Any]:
    started = 0
    while True:
        failed = [OSError(EMFILE, f"{MOST} calls are open")]
        if seat.take(MOST):
            try:
                return open_call()
            except OSError as failure:
                if failure.errno not in SHORTAGES:
                    raise
                failed = [failure]
            if prefork.end_all():
                continue
        started = started or time.monotonic_ns()
        if not (yield wait(seat, RETRY)):
            raise failed.pop()
        _, _, ended = _boxed.seats()
        if time.monotonic_ns() - max(started, ended) > PATIENCE * _SECOND:
            raise failed.pop()
