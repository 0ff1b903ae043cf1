"""Room for one more call: descriptors, of which each call needs some.

A thousand threads may call at once, under a usual limit of 1,024 open files.
A call for which there are none waits until another one has ended.
"""

from __future__ import annotations

import _thread

from . import _standby

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

#: Errors that pass when another call ends: no descriptors are left, or too
#: many of this user's are on their way through sockets (unix(7)).
EMFILE, ETOOMANYREFS = 24, 109

_lock = _thread.allocate_lock()
_live = 0
# Locks that calls wait at, each held until it is its turn.
_waiting: list[_thread.LockType] = []


def enter(open_call: Callable[[], T]) -> T:
    """What `open_call` returns, as soon as there is room; leave() is due then.

    :raises OSError: there is none, and no other call that could end.
    """
    global _live
    while True:
        with _lock:
            alone = _live == 0
            _live += 1
        try:
            return open_call()
        except BaseException as error:
            leave()
            if not (isinstance(error, OSError) and _passes(error, alone)):
                raise


def leave() -> None:
    """A call has ended, and whoever waits longest may try."""
    global _live
    with _lock:
        _live -= 1
        if _waiting:
            _waiting.pop(0).release()


def _passes(error: OSError, alone: bool) -> bool:
    """Whether it is worth another attempt, and then the wait for it.

    :param alone: whether there was no other call when the last one was made.
    """
    if error.errno not in (EMFILE, ETOOMANYREFS):
        return False
    if _standby.end_all():
        return True
    turn = _thread.allocate_lock()
    with _lock:
        if _live == 0:
            return not alone
        turn.acquire()
        _waiting.append(turn)
    try:
        turn.acquire()
    except BaseException:
        _pass_on(turn)
        raise
    return True


def _pass_on(turn: _thread.LockType) -> None:
    """One that no longer waits, interrupted as its turn came or before."""
    with _lock:
        if turn in _waiting:
            _waiting.remove(turn)
        elif _waiting:
            _waiting.pop(0).release()


def forget() -> None:
    """In a forked child: the calls are the parent's threads'."""
    global _lock, _live
    _lock, _live = _thread.allocate_lock(), 0
    _waiting.clear()
