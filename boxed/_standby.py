"""Calls of a sandbox that are opened ahead of need.

Each has a worker that was forked, stands behind its walls and has run the
path of a call, so that a request finds all this done.  A standby that is not
used ends by itself after _setting.STANDBY_SECONDS.  That shows when its turn
comes; what was to be sent to it then goes to another worker.

How many there are follows the demand: none after a sandbox's first call,
twice as many after each call that found none, or none but a young one, half
as many after one that found one which had ended.  They are opened when half
are used up, so that the calls of a short burst do not share the processors
with the forks for later ones.  Only calls open them; and as long as the last
worker is known to have failed, only calls that were answered: what cannot
live is not made again and again.
"""

from __future__ import annotations

import _thread
import time

from . import _boxed, _setting

#: Standbys of one sandbox, and of all sandboxes of the process.
MOST, MOST_OF_ALL = 16, 64
#: Nanoseconds after which a standby is taken to be ready.
YOUTH = 10_000_000

_all: set[Standbys] = set()


class Standbys:
    """Those of one sandbox, the oldest first; threads may share it.

    :param server: the descriptor at which the sandbox takes calls.
    :param max_answer: bytes that an answer may have.
    """

    def __init__(self, server: int, max_answer: int) -> None:
        self._server = server
        self._max_answer = max_answer
        # Held while a message is sent to the server, which close() waits
        # for: the descriptor's number may soon be another file's.
        self._lock = _thread.allocate_lock()
        self._prepared: list[_boxed.Call] = []
        # With the time at which it was opened.
        self._waiting: list[tuple[_boxed.Call, int]] = []
        self._wanted = -1
        self._distrusted = False
        self._closed = False
        _all.add(self)

    def take(self) -> _boxed.Call | None:
        """The one that has waited longest, or None."""
        with self._lock:
            call, since = self._waiting.pop(0) if self._waiting else (None, 0)
            if time.monotonic_ns() - since < YOUTH or call is None:
                self._want_more()
            return call

    def _want_more(self) -> None:
        if not self._distrusted:
            more = max(2 * self._wanted, self._wanted + 1)
            self._wanted = min(more, MOST)

    def prepare(self) -> None:
        """Make what open() will need and a worker is not needed for."""
        with self._lock:
            for _ in range(self._missing() - len(self._prepared)):
                try:
                    self._prepared.append(_boxed.Call(-1, self._max_answer))
                except OSError:
                    # No descriptors are left: the caller needs them more.
                    return

    def open(self, *, trusted: bool) -> None:
        """Have workers forked for what was prepared, as far as there is room.

        :param trusted: a worker has just answered.
        """
        with self._lock:
            if trusted:
                self._distrusted = False
            if self._distrusted:
                return
            for _ in range(min(self._missing(), len(self._prepared))):
                call = self._prepared.pop()
                try:
                    call.announce(self._server)
                except OSError:
                    # The next call that needs the sandbox finds it ended.
                    return
                self._waiting.append((call, time.monotonic_ns()))

    def _missing(self) -> int:
        """How many are to be opened now; the lock is held."""
        here = len(self._waiting)
        if self._closed or here > self._wanted // 2:
            return 0
        # Read without their locks: the bound is kept to a few.
        others = sum(each._living() for each in list(_all) if each is not self)
        return min(self._wanted, MOST_OF_ALL - others) - here

    def _living(self) -> int:
        """How many have not yet ended by themselves."""
        oldest = time.monotonic_ns() - int(_setting.STANDBY_SECONDS * 1e9)
        return sum(since > oldest for _, since in list(self._waiting))

    def distrust(self) -> None:
        """A worker has ended before it ran anything."""
        with self._lock:
            self._distrusted = True
            self._wanted //= 2
            waiting, self._waiting = self._waiting, []
        for call, _ in waiting:
            call.close()

    def end(self) -> int:
        """End those that wait, for the descriptors that they hold; how many
        there were."""
        with self._lock:
            every = self._every()
        for call in every:
            call.close()
        return len(every)

    def close(self) -> None:
        """End them; no more are opened."""
        with self._lock:
            self._closed = True
            every = self._every()
        _all.discard(self)
        for call in every:
            call.close()

    def forget(self) -> None:
        """Close the descriptors only: after a fork they are the parent's."""
        self._closed = True
        _all.discard(self)
        for call in self._every():
            call.forget()

    def _every(self) -> list[_boxed.Call]:
        """All that are here, which are then no more."""
        every = [*self._prepared, *(call for call, _ in self._waiting)]
        self._waiting, self._prepared = [], []
        return every


def end_all() -> int:
    """End what stands by for any sandbox; returns how many there were."""
    return sum(each.end() for each in list(_all))
