"""Room for one more call: descriptors, of which each call needs some.

A thousand threads may call at once, under a usual limit of 1,024 open files.
A call for which there are none waits until another one has ended.
"""

from __future__ import annotations

import _thread
import time

from . import _standby

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

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
#: many of this user's are on their way through sockets (unix(7)).
EMFILE, ETOOMANYREFS = 24, 109

_SECOND = 1_000_000_000

_lock = _thread.allocate_lock()
# Calls that are open, and those that try to be.
_held = _trying = 0
# When the last one ended.
_ended = 0
# Locks that calls wait at, each held until it is its turn.
_waiting: list[_thread.LockType] = []


def enter(open_call: Callable[[], T]) -> T:
    """What `open_call` returns, as soon as there is room; leave() is due then.

    :raises OSError: there is none, and no other call whose end could make
        some, or none has ended for PATIENCE seconds.
    """
    started = 0
    while True:
        alone, error = False, OSError(EMFILE, f"{MOST} calls are open")
        if _begin():
            opened = None
            try:
                alone = _held + _trying == 1
                opened = open_call()
                return opened
            except OSError as failure:
                if failure.errno not in (EMFILE, ETOOMANYREFS):
                    raise
                error = failure
            finally:
                _tried(opened is not None)
            if _standby.end_all():
                continue
        now = time.monotonic_ns()
        started = started or now
        if now - max(started, _ended) > PATIENCE * _SECOND or not _wait(alone):
            raise error


def leave() -> None:
    """A call has ended, and whoever waits longest may try."""
    global _held, _ended
    with _lock:
        # In a forked child the call was the parent's.
        _held = max(0, _held - 1)
        _ended = time.monotonic_ns()
        _wake()


def forget() -> None:
    """In a forked child: the calls are the parent's threads'."""
    global _lock, _held, _trying
    _lock, _held, _trying = _thread.allocate_lock(), 0, 0
    _waiting.clear()


def _begin() -> bool:
    global _trying
    with _lock:
        if _held + _trying >= MOST:
            return False
        _trying += 1
        return True


def _tried(succeeded: bool) -> None:
    """One that failed has made no room; but no other may be left to do so."""
    global _held, _trying
    with _lock:
        _trying = max(0, _trying - 1)
        if succeeded:
            _held += 1
        elif _held == _trying == 0:
            _wake()


def _wake() -> None:
    if _waiting:
        _waiting.pop(0).release()


def _wait(alone: bool) -> bool:
    """Whether it is worth another attempt, and then the wait for it.

    :param alone: whether there was no other call when the last one was made.
    """
    turn = _thread.allocate_lock()
    with _lock:
        if _held == _trying == 0:
            return not alone
        turn.acquire()
        _waiting.append(turn)
    came = False
    try:
        came = turn.acquire(timeout=RETRY)
    finally:
        if not came:
            _withdraw(turn)
    return True


def _withdraw(turn: _thread.LockType) -> None:
    """One that waits no longer: if its turn has just come, it is another's."""
    with _lock:
        if turn in _waiting:
            _waiting.remove(turn)
        else:
            _wake()
