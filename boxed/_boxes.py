"""The live sandboxes of this process, each made on first use.

run() has one table of them for all its calls, one sandbox for each policy; a
Sandbox has a table of its own.  They end with the process and never cross its
forks: a forked child starts with none, and closes its copies of the parent's
descriptors, which would otherwise keep the parent's sandboxes alive after the
parent's death.
"""

from __future__ import annotations

import _thread
import atexit
import os

from . import _room, _tiers
from ._box import Box

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._policy import Policy

#: Idle sandboxes beyond this many are closed, the longest unused first.
MAX_IDLE = 8


class _Slot:
    """A policy's place: the lock makes one sandbox of many first callers."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.box: Box | None = None
        self.waiting = 0


def _start(policy: Policy) -> Box:
    if policy.isolation != "auto":
        return Box(policy, policy.isolation)
    return _tiers.best(lambda tier: Box(policy, tier), network=policy.network)


class Boxes:
    """A table from policies to live sandboxes; threads may share it.

    :param owner: what messages call it that are about its closing.
    """

    def __init__(self, owner: str) -> None:
        self._lock = _thread.allocate_lock()
        self._owner = owner
        self.slots: dict[Policy, _Slot] = {}
        self.closed = False

    def using(self, policy: Policy) -> _Using:
        """A context: the policy's sandbox, kept alive meanwhile.

        :raises SetupError: on entering, it could not be set up.
        :raises RuntimeError: on entering, the table was closed.
        """
        return _Using(self, policy)

    def take(self, policy: Policy) -> _Slot:
        """The policy's place, which release() must get back."""
        with self._lock:
            self.check_open()
            _tables[id(self)] = self
            slot = self.slots.pop(policy, None) or _Slot()
            self.slots[policy] = slot
            slot.waiting += 1
            return slot

    def release(self, slot: _Slot) -> None:
        """Give a place back; what is idle for long may be closed now."""
        with self._lock:
            slot.waiting -= 1
            idle = [p for p, one in self.slots.items() if one.waiting == 0]
            surplus = idle[: max(0, len(idle) - MAX_IDLE)]
            closing = [self.slots.pop(policy) for policy in surplus]
        for one in closing:
            if one.box is not None:
                one.box.close()

    def box(self, slot: _Slot, policy: Policy) -> Box:
        """The sandbox of a place that was taken."""
        with slot.lock:
            if slot.box is None:
                # Whoever closes the table sets this before it asks for the
                # lock, so what is started here is closed there.
                self.check_open()
                slot.box = _start(policy)
            return slot.box

    def discard(self, policy: Policy, box: Box) -> None:
        """Close a sandbox that has ended or must not be used again."""
        with self._lock:
            slot = self.slots.get(policy)
            if slot is not None and slot.box is box:
                slot.box = None
        box.close()

    def clear(self) -> None:
        """End every sandbox of the table and wait for them."""
        while True:
            # One by one: what an interrupt leaves here, the end closes.
            with self._lock:
                if not self.slots:
                    return
                _, slot = self.slots.popitem()
            # One that another thread is starting is waited for.
            with slot.lock:
                if slot.box is not None:
                    slot.box.close()

    def close(self) -> None:
        """clear(), for good."""
        with self._lock:
            self.closed = True
        self.clear()
        _tables.pop(id(self), None)

    def abandon(self) -> None:
        """Close what the program should have closed, and say so."""
        try:
            if self.slots:
                import warnings

                warnings.warn(f"unclosed {self._owner}", ResourceWarning, 2)
        finally:
            self.close()

    def forget(self) -> None:
        """In a forked child: the parent's sandboxes are the parent's."""
        self._lock = _thread.allocate_lock()
        for slot in self.slots.values():
            if slot.box is not None:
                slot.box.forget()
        self.slots.clear()

    def check_open(self) -> None:
        """
        :raises RuntimeError: the table was closed.
        """
        if self.closed:
            raise RuntimeError(f"the {self._owner} is closed")


class _Using:
    """Not contextlib's, whose import would double that of this package."""

    def __init__(self, boxes: Boxes, policy: Policy) -> None:
        self._boxes = boxes
        self._policy = policy

    def __enter__(self) -> Box:
        self._slot = self._boxes.take(self._policy)
        try:
            return self._boxes.box(self._slot, self._policy)
        except BaseException:
            self._boxes.release(self._slot)
            raise

    def __exit__(self, *error: object) -> None:
        self._boxes.release(self._slot)


#: run()'s.
shared = Boxes("run()")
# Those with sandboxes, by identity.
_tables: dict[int, Boxes] = {}


def close_all() -> None:
    """End every sandbox of run() and wait for them."""
    shared.clear()


def _at_exit() -> None:
    for boxes in list(_tables.values()):
        if boxes is not shared:
            boxes.abandon()
    shared.clear()


def _after_fork() -> None:
    for boxes in list(_tables.values()):
        boxes.forget()
    _tables.clear()
    _room.forget()


atexit.register(_at_exit)
os.register_at_fork(after_in_child=_after_fork)
