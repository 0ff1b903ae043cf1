"""What the doctor says of memory: what bounds a call's here, and why that is
no cgroup."""

from __future__ import annotations

import errno
import os

from .. import _boxed
from .._live import registry
from .._policy import walls
from .._policy.advice import advice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WHY = {
    errno.ENOENT: "none counts the caller's memory",
    errno.EBUSY: "other programs are in the caller's own",
    errno.EACCES: "the caller may make none",
    errno.EROFS: "the caller may make none",
    errno.EPERM: (
        "in those of version 1 an ordinary user can put no process of another"
        " uid, as guests of this tier are"
    ),
}
_DELEGATED = frozenset({errno.EBUSY, errno.EACCES, errno.EROFS})


def found(isolation: str) -> dict[str, Any]:
    """Of the sandbox in which a call was just made."""
    boxes = [
        slot.box
        for policy, slot in registry.shared.slots.items()
        if policy.isolation == isolation and slot.box is not None
    ]
    if not boxes:
        return {"ruler": 0, "ruled_by": None, "why": "", "remedy": ""}
    ruler, number = boxes[0].ruler, boxes[0].no_cgroup
    return {
        "ruler": ruler,
        "ruled_by": _boxed.MEMORY_RULERS[ruler],
        "why": _WHY.get(number, os.strerror(number)) if number else "",
        "remedy": advice("delegate") if number in _DELEGATED else "",
    }


def show(memory: dict[str, Any]) -> None:
    if memory["ruled_by"] is None:
        return
    if memory["ruler"] in walls.CGROUPS:
        print(f"A call's memory is bounded as a whole: {memory['ruled_by']}")
        return
    if memory["ruler"] == walls.WATCHED:
        print(
            "A call's memory is watched, and the call ended when it is seen to"
            " have too much;\nshared memory can be hidden from that.  No"
            f" cgroup: {memory['why']}"
        )
    else:
        print(
            "A call's memory is bounded for each process and kind of memory;"
            f" nobody can watch it, and no cgroup:\n{memory['why']}"
        )
    if memory["remedy"]:
        print(f"  mend: {memory['remedy']}")
