"""Whether memory is why a call has no value.

What a guest raises is a reason to ask.  The answer is what the kernel has
measured: that it ended a process for want of memory in a cgroup in which there
is nothing but the call, or that the call had as much as it may have.  An
allocation that is refused at once because it alone would be too large leaves
no trace in the kernel; such a call has raised a MemoryError, and no more is
known.
"""

from __future__ import annotations

import errno

from .._errors import MemoryExceeded, RemoteError
from .._policy.walls import CGROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._errors import BoxedError
    from .._limits import Limits

    # As of _boxed.Call.memory.
    Memory = tuple[int, int, int, int, int]

# What the interpreter raises, among others, where a module or a thread has no
# room.
_OTHERS = frozenset(
    f"Remote{name}" for name in ("ImportError", "RuntimeError", "SystemError")
)


def is_to_be_asked(error: RemoteError, limits: Limits) -> bool:
    """Whether what the guest has raised can be for want of memory.  Of a child
    that was ended its parent may say anything."""
    return (
        _says_so(error)
        or type(error).__name__ in _OTHERS
        or limits.processes > 1
    )


def _says_so(error: RemoteError) -> bool:
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    )


def of_exception(
    error: RemoteError, measured: Memory, limits: Limits
) -> BoxedError | None:
    """What run() is to raise from it, if memory is why; None if not.

    Doubling what it has may be what was refused to a guest that says so; then
    half is enough to believe it.
    """
    if not was_used_up(measured, limits) and not (
        _says_so(error) and measured[1] * 2 >= limits.memory
    ):
        return None
    told = f"{error.type_name}: {error.message}".rstrip(": ")
    return exceeded(measured, limits, f"; {told}")


def was_used_up(measured: Memory, limits: Limits) -> bool:
    """Whether it had so much that it could have got hardly any more.

    Without a cgroup what the kernel tells has mapped files in it, so that it
    proves nothing by itself.
    """
    ruler, most, *_ = measured
    is_full = ruler in CGROUPS and most * 10 >= limits.memory * 9
    return is_full or _was_ended(measured)


def _was_ended(measured: Memory) -> bool:
    """A guest cannot make the kernel count this.  Where all of the machine is
    full, its own cgroup is not."""
    _, _, _, full, ended = measured
    return full > 0 and ended > 0


def exceeded(
    measured: Memory, limits: Limits, told: str = ""
) -> MemoryExceeded:
    """
    :param told: what the guest has said of it.
    """
    most = measured[1]
    return MemoryExceeded(
        f"memory ran out: the call came to {most} bytes, with"
        f" Limits(memory={limits.memory}){told}",
        "memory",
        limits.memory,
        most,
    )
