"""The walls of each tier, in words: what stands, and why one does not.

For the doctor and its reader.  A sandbox that has started has all walls of its
tier, since a step of the set-up that fails ends it.  So a table can say what
stands.
"""

from __future__ import annotations

from .. import _boxed
from .tiers import NAMESPACES, TAKES_UID

# What bounds a call's memory, of _boxed.MEMORY_RULERS: a cgroup of its own, or
# the zygote, which looks at it.
CGROUPS = frozenset({1, 2})
WATCHED = _boxed.MEMORY_WATCHED

_ALL = frozenset({"full", "uid", "rootless", "landlock"})
_MOUNTS = NAMESPACES
_OTHER_USER = TAKES_UID


class Wall:
    """One wall: where it stands, and what its absence means.

    :ivar name: short name.
    :ivar what: what it keeps the guest from.
    :ivar tiers: the tiers that raise it.
    :ivar abi: the Landlock ABI that it needs, or 0.
    :ivar rulers: what must bound a call's memory for it, of
        _boxed.MEMORY_RULERS; empty where that is all the same.
    :ivar without: what holds, or does not, where it is missing.
    """

    def __init__(
        self,
        name: str,
        what: str,
        tiers: frozenset[str],
        *,
        abi: int = 0,
        rulers: frozenset[int] = frozenset(),
        without: str = "",
    ) -> None:
        self.name = name
        self.what = what
        self.tiers = tiers
        self.abi = abi
        self.rulers = rulers
        self.without = without

    def stands(self, tier: str, abi: int, ruler: int) -> bool:
        """Whether it stands in a tier on a kernel with a Landlock ABI.

        :param ruler: what bounds a call's memory, of _boxed.MEMORY_RULERS.
        """
        return (
            tier in self.tiers
            and abi >= self.abi
            and (not self.rulers or ruler in self.rulers)
        )


WALLS = (
    Wall(
        "user",
        "the caller's files, processes and limits belong to another uid",
        _OTHER_USER,
        without="the guest has the caller's uid outside",
    ),
    Wall(
        "groups",
        "the caller's groups are dropped",
        _OTHER_USER,
        without="the caller's groups stay",
    ),
    Wall("capabilities", "none, and no way to gain any", _ALL),
    Wall("no_new_privs", "setuid programs give nothing", _ALL),
    Wall(
        "mounts",
        "only the interpreter and the import path exist; all read-only",
        _MOUNTS,
        without="other paths exist and can be stat'ed; Landlock refuses"
        " their contents",
    ),
    Wall(
        "scratch",
        "a private /tmp and /dev/shm of capped size for each call",
        _MOUNTS,
        without="there is no writable directory at all",
    ),
    Wall(
        "pids",
        "no process but its own can be seen or named",
        _MOUNTS,
        without="pids are visible; signals and tracing are refused",
    ),
    Wall(
        "network namespace",
        "no interface, not even loopback",
        _MOUNTS,
        without="sockets are refused by the system call filter",
    ),
    Wall(
        "ipc",
        "no System V or POSIX message queue of others",
        _MOUNTS,
        without="refused by the system call filter",
    ),
    Wall("keyring", "the caller's keys are out of reach", _ALL),
    Wall("terminal", "no controlling terminal, no inherited descriptor", _ALL),
    Wall("landlock", "files outside the grants cannot be opened", _ALL, abi=1),
    Wall(
        "landlock tcp",
        "no TCP bind or connect",
        _ALL,
        abi=4,
        without="sockets are refused by the system call filter",
    ),
    Wall(
        "landlock scopes",
        "no signal, no abstract socket out of the worker",
        _ALL,
        abi=6,
        without="refused by the system call filter",
    ),
    Wall("seccomp", "only listed system calls, with checked arguments", _ALL),
    Wall("limits", "open files, file size, core dumps", _ALL),
    Wall(
        "memory cgroup",
        "one limit on all memory of a call together",
        _ALL,
        rulers=CGROUPS,
        without="limits of each process and kind of memory",
    ),
    Wall(
        "memory watch",
        "a call that is seen to have more memory than one limit is ended",
        _ALL,
        rulers=frozenset({WATCHED}),
        without="a cgroup's limit, or those of each process alone",
    ),
)


def landlock_abi() -> int:
    """Which Landlock the kernel offers; 0 for none."""
    from .. import _boxed

    try:
        return _boxed.landlock_abi()
    except OSError:
        return 0


# What each call is told of: there are few tiers, and one kernel.
_standing: dict[tuple[str, int, int], tuple[str, ...]] = {}


def standing(tier: str, abi: int, ruler: int) -> tuple[str, ...]:
    """The names of those that stand in a tier."""
    key = tier, abi, ruler
    names = _standing.get(key)
    if names is None:
        names = tuple(wall.name for wall in WALLS if wall.stands(*key))
        _standing[key] = names
    return names
