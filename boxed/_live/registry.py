"""The live sandboxes of this process, each made on first use.

run() has one table of them for all its calls, one sandbox for each policy; a
Sandbox has a table of its own.  They end with the process and never cross its
forks: a forked child starts with none, and closes its copies of the parent's
descriptors, which would otherwise keep the parent's sandboxes alive after the
parent's death.

Nothing here is locked, since a signal handler or a destructor may call run()
at any point of another run() in the same thread, and would wait for ever.
Threads that need the same sandbox wait for the one that starts it, and that
one for nobody; where a thread must not wait, it starts a sandbox of its own.
What is started belongs to whoever refers to it: one that gets lost between two
steps is ended by that.
"""

from __future__ import annotations

import atexit
import os
from _weakref import ref

from .. import _boxed
from .._policy import tiers
from . import log
from .box import Box

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._policy.policy import Policy

#: Idle sandboxes beyond this many are closed, the longest unused first.
MAX_IDLE = 8


class _Slot:
    """A policy's place; its latch is closed while the sandbox starts."""

    def __init__(self) -> None:
        self.latch = _boxed.Latch()
        self.box: Box | None = None
        self.used = 0

    def is_idle(self) -> bool:
        if self.latch.closed:
            return False
        return self.box is None or self.box.process.users == 0


def settled_tier() -> str | None:
    """The tier that ``isolation='auto'`` came to, once a sandbox was made."""
    return tiers.settled()


def _start(policy: Policy) -> Box:
    if policy.isolation != "auto":
        return Box(policy, policy.isolation)
    return tiers.best(
        lambda tier: Box(policy, tier),
        network=policy.network,
        degraded=log.degraded,
    )


class Boxes:
    """A table from policies to live sandboxes; threads may share it.

    :param owner: what messages call it that are about its closing.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        #: Until the program ends, where nobody closes it before.
        self.is_kept = False
        self._uses = 0
        self.slots: dict[Policy, _Slot] = {}
        self.closed = False

    def using(self, box: Box) -> _Using:
        """A context: the sandbox is kept alive meanwhile."""
        return _Using(self, box)

    def live(self, policy: Policy) -> Box | None:
        """The policy's sandbox, if there is one.

        :raises RuntimeError: the table was closed.
        """
        self.check_open()
        return self._slot(policy).box

    def box(self, policy: Policy) -> Box:
        """The policy's sandbox, which is started if there is none.

        :raises SetupError: it could not be set up.
        :raises RuntimeError: the table was closed.
        """
        box = None
        while box is None:
            self.check_open()
            slot = self._slot(policy)
            box = slot.box or self._started_once(slot, policy)
        return box

    def _slot(self, policy: Policy) -> _Slot:
        slot = self.slots.get(policy)
        if slot is None:
            _tables.add(ref(self, _tables.discard))
            slot = self.slots.setdefault(policy, _Slot())
        self._uses += 1
        slot.used = self._uses
        return slot

    def _started_once(self, slot: _Slot, policy: Policy) -> Box | None:
        """Started here; None where another thread has started it."""
        box = slot.latch.run(lambda: self._started(slot, policy))
        if box is None and not slot.latch.wait():
            # This thread must not wait for another.
            box = self._started(slot, policy)
        return box

    def _started(self, slot: _Slot, policy: Policy) -> Box:
        box = slot.box
        if box is None:
            box = _start(policy)
            if slot.box is None and not self.closed:
                slot.box = box
        if self.closed:
            # Whoever closes the table waits at the latch, if it may.
            box.close()
            self.check_open()
        return box

    def trim(self) -> None:
        """Close what has been idle for the longest."""
        if len(self.slots) <= MAX_IDLE:
            return
        every = list(self.slots.items())
        idle = [
            (slot.used, policy) for policy, slot in every if slot.is_idle()
        ]
        idle.sort(key=_first)
        for _, policy in idle[: max(0, len(idle) - MAX_IDLE)]:
            slot = self.slots.pop(policy, None)
            if slot is not None and slot.box is not None:
                slot.box.close()

    def discard(self, policy: Policy, box: Box) -> None:
        """Close a sandbox that has ended or must not be used again; calls that
        others still have on it go on, and the last of them lets it go."""
        slot = self.slots.get(policy)
        if slot is not None and slot.box is box:
            slot.box = None
        box.standbys.close()
        if box.process.users <= 1:
            box.close()

    def clear(self) -> None:
        """End every sandbox of the table and wait for them."""
        # From here on an interrupt drops, and so ends, what is not yet ended.
        slots, self.slots = self.slots, {}
        while slots:
            _, slot = slots.popitem()
            # One that another thread is starting is waited for.
            slot.latch.wait()
            if slot.box is not None:
                slot.box.close()

    def close(self) -> None:
        """clear(), for good."""
        self.closed = True
        self.clear()

    def abandon(self) -> None:
        """Close what the program should have closed, and say so."""
        try:
            if self.slots and not self.closed and not self.is_kept:
                import warnings

                warnings.warn(f"unclosed {self._owner}", ResourceWarning, 2)
        finally:
            self.close()

    def check_open(self) -> None:
        """
        :raises RuntimeError: the table was closed.
        """
        if self.closed:
            raise RuntimeError(f"the {self._owner} is closed")


def _first(pair: tuple[int, Policy]) -> int:
    return pair[0]


class _Using:
    """Not contextlib's, whose import would double that of this package."""

    def __init__(self, boxes: Boxes, box: Box) -> None:
        self._boxes = boxes
        self._box = box

    def __enter__(self) -> None:
        # Not taken: it does no more than count a user.
        self._user = _boxed.Seat(self._box.process)

    def __exit__(self, *error: object) -> None:
        self._user.leave()
        self._boxes.trim()


#: run()'s.
shared = Boxes("run()")
# Those with sandboxes.
_tables: set[ref[Boxes]] = set()


def tables() -> list[Boxes]:
    """Those that have had sandboxes, and are still there."""
    found = [one() for one in list(_tables)]
    return [one for one in found if one is not None]


def close_all() -> None:
    """End every sandbox of run() and wait for them."""
    shared.clear()


def _at_exit() -> None:
    for boxes in tables():
        if boxes is not shared:
            boxes.abandon()
    shared.clear()


def _after_fork() -> None:
    _boxed.forget()
    for boxes in tables():
        boxes.slots.clear()
    _tables.clear()


atexit.register(_at_exit)
os.register_at_fork(after_in_child=_after_fork)
