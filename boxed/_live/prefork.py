"""Calls of a sandbox that are opened ahead of need.

Each has a worker that was forked, stands behind its walls and has run the
path of a call, so that a request finds all this done.  A standby that is not
used ends by itself after STANDBY_SECONDS.  That shows when its turn
comes; what was to be sent to it then goes to another worker.

How many there are follows the demand: none after a sandbox's first call,
twice as many after each call that found none, or none but a young one, half
as many after one that found one which had ended.  They are opened when half
are used up, so that the calls of a short burst do not share the processors
with the forks for later ones.  Only calls open them; and as long as the last
worker is known to have failed, only calls that were answered: what cannot
live is not made again and again.

Threads, signal handlers and destructors may meet in here at any point: each
step on the lists is one that the interpreter does not divide, and a Call that
is dropped between two of them ends its worker.
"""

from __future__ import annotations

import time
from _weakref import ref

from .. import _boxed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How many workers stand by, and for how long; what the zygote puts off, and
# until when, is in src/extension/zygote/put_off.h.
#: Standbys of one sandbox, and of all sandboxes of the process.
MOST, MOST_OF_ALL = 16, 64
#: Seconds that one waits for a request; then it ends by itself.
STANDBY_SECONDS = 30
#: Nanoseconds after which a standby is taken to be ready.
YOUTH = 10_000_000
#: Nanoseconds after which a call that has not answered no longer keeps the
#: sandbox from forking for the next one: its own work is in no hurry.
PATIENCE = 2_000_000

_all: set[ref[Standbys]] = set()


def every() -> list[Standbys]:
    """Those of all sandboxes."""
    found = [one() for one in list(_all)]
    return [one for one in found if one is not None]


class Standbys:
    """Those of one sandbox, the oldest first; threads may share it.

    :param process: the sandbox that takes calls.
    :param max_answer: bytes that an answer may have.
    """

    def __init__(self, process: _boxed.Box, max_answer: int) -> None:
        self._process = process
        self._max_answer = max_answer
        self._prepared: list[_boxed.Call] = []
        # With the time at which it was opened.
        self._waiting: list[tuple[_boxed.Call, int]] = []
        self._wanted = -1
        self._distrusted = False
        self._closed = False
        _all.add(ref(self, _all.discard))

    def take(self) -> _boxed.Call | None:
        """The one that has waited longest, or None."""
        try:
            call, since = self._waiting.pop(0)
        except IndexError:
            self._want_more()
            return None
        if time.monotonic_ns() - since < YOUTH:
            self._want_more()
        return call

    def _want_more(self) -> None:
        if not self._distrusted:
            more = max(2 * self._wanted, self._wanted + 1)
            self._wanted = min(more, MOST)

    def prepare(self) -> None:
        """Make what open() will need and a worker is not needed for."""
        missing = self._missing()
        while len(self._prepared) < missing:
            try:
                self._prepared.append(_boxed.Call(-1, self._max_answer))
            except OSError:
                # No descriptors are left: the caller needs them more.
                return

    def open(self, *, trusted: bool) -> None:
        """Have workers forked for what was prepared, as far as there is room.

        :param trusted: a worker has just answered.
        """
        if trusted:
            self._distrusted = False
        if self._distrusted:
            return
        most = len(self._waiting) + self._missing()
        while self._prepared and len(self._waiting) < most:
            try:
                call = self._prepared.pop()
                call.announce(self._process)
            except (OSError, IndexError):
                # The next call that needs the sandbox finds it ended.  Or
                # another thread has opened the last one.
                return
            self._waiting.append((call, time.monotonic_ns()))
        if len(self._waiting) > MOST:
            # Threads that have each opened the last one.
            self._drop(self._waiting)
        if self._closed:
            self.end()

    def _missing(self) -> int:
        """How many are to be opened now."""
        here = len(self._waiting)
        if self._closed or here > self._wanted // 2:
            return 0
        # The bound is kept to a few: others go on meanwhile.
        others = sum(each._living() for each in every() if each is not self)
        return min(self._wanted, MOST_OF_ALL - others) - here

    def _living(self) -> int:
        """How many have not yet ended by themselves."""
        oldest = time.monotonic_ns() - int(STANDBY_SECONDS * 1e9)
        return sum(since > oldest for _, since in list(self._waiting))

    def distrust(self) -> None:
        """A worker has ended before it ran anything."""
        self._distrusted = True
        self._wanted //= 2
        while self._drop(self._waiting):
            pass

    def end(self) -> int:
        """End those that wait, for the descriptors that they hold; how many
        there were."""
        ended = 0
        while self._drop(self._waiting) or self._drop(self._prepared):
            ended += 1
        return ended

    def close(self) -> None:
        """End them; no more are opened."""
        self._closed = True
        self.end()

    def _drop(self, some: list[Any]) -> bool:
        """End the last one, which is nobody else's then; false: there is
        none."""
        try:
            last = some.pop()
        except IndexError:
            return False
        call = last[0] if type(last) is tuple else last
        call.close()
        return True


def end_all() -> int:
    """End what stands by for any sandbox; returns how many there were."""
    return sum(each.end() for each in every())
