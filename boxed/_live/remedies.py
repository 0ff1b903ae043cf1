"""What a failed step of the set-up means, and what mends it.

The meaning is the step's and the errno's; the remedy also depends on who asks,
and on what can be seen of the place.  The words are in _policy/advice.py.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from .._errors import SetupError
from .._policy import refusals, tiers
from .._policy.advice import advice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SETUID_SETGID = 1 << 7 | 1 << 6
_TOO_OLD = "boxed needs Linux 5.13 or newer with Landlock and seccomp"

# (stage, errno or None for any) -> what failed.
_MEANINGS: dict[tuple[str, int | None], str] = {
    ("capabilities", errno.EPERM): (
        "the launcher has no capabilities to change the user with"
    ),
    ("capabilities", None): (
        "the launcher has other capabilities than this tier needs"
    ),
    ("order", errno.EPROTO): "the installed launcher is of another version",
    ("user", None): "the launcher does not let a guest run as this user",
    ("configuration", None): (
        f"{tiers.CONFIGURATION} cannot be trusted or understood"
    ),
    ("shared", None): (
        "other users' guests have this user too, and before Linux 6.12 nothing"
        " keeps what one runs from ending another's"
    ),
    ("pool", errno.EUSERS): (
        "every uid that root reserved for sandboxes is in use"
    ),
    ("pool", errno.EINVAL): (
        "this container does not have the uids that root reserved"
    ),
    ("collect", errno.EFBIG): (
        "its modules take more than 128 MiB, or than the caller may write to"
        " a file"
    ),
    (
        "collect",
        errno.E2BIG,
    ): "it holds more than 100000 modules and directories",
    (
        "landlock",
        errno.E2BIG,
    ): "it holds more than 100000 modules and directories",
    ("landlock", errno.ENOSYS): f"no Landlock; {_TOO_OLD}",
    ("landlock", errno.EOPNOTSUPP): (
        "Landlock is switched off: lsm= on the kernel's command line does not"
        " name it"
    ),
    ("seccomp", None): f"no system call filter; {_TOO_OLD}",
    ("start", errno.ENOSYS): f"the kernel is too old; {_TOO_OLD}",
    ("start", errno.ENOENT): "the launcher is missing",
}

# What the kernel is short of, whichever step meets it first.
_SHORTAGES: dict[int, str] = {
    errno.EMFILE: "too few descriptors",
    errno.ENFILE: "the machine is out of descriptors",
    errno.ENOMEM: "the kernel is out of memory",
    errno.EAGAIN: (
        "no more processes: by the limit of the caller's, by pids.max of its"
        " cgroup, or of the machine"
    ),
    errno.ENOSPC: "no more namespaces, or no room",
    errno.EUSERS: "no more user namespaces",
    errno.EDQUOT: "the user has too many keys",
}

_COUNTS_NAMESPACES = frozenset(
    {"collector", "collect", "namespaces", "proc", "root", "scratch"}
)


def _can_gain() -> bool:
    """Whether a program with file capabilities gets them here."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        bounding = int(lines["CapBnd"], 16) & _SETUID_SETGID
        return lines["NoNewPrivs"].strip() == "0" and (
            bounding == _SETUID_SETGID
        )
    except (OSError, KeyError, ValueError):
        return True


def _is_nosuid(path: str) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_NOSUID)
    except OSError:
        return False


def _is_root() -> bool:
    return os.geteuid() == 0


def _no_capabilities(tier: str) -> str:
    if _is_root():
        return advice("root's capabilities")
    # It would be installed and get nothing.
    if not _can_gain() or _is_nosuid(tiers.launcher_for(tier)):
        return advice("automatic")
    return advice("set up")


def _no_namespaces(tier: str) -> str:
    if tier in tiers.TAKES_UID:
        return advice("without namespaces")
    return advice("set up or landlock" if _can_gain() else "landlock")


def range_advice() -> str:
    """How sandboxes get uids of their own where none are reserved."""
    from .._install.configuration import ConfigError, read

    try:
        declined = read().declined
    except ConfigError:
        declined = False
    return advice("reserve after all" if declined else "reserve")


def has_range() -> bool:
    """Whether root reserved uids for sandboxes."""
    from .._install.configuration import ConfigError, read

    try:
        return read().uid_range is not None
    except ConfigError:
        return False


def _user(tier: str) -> str:
    if _is_root():
        return advice("automatic")
    return advice("allow", name="NAME")


_REMEDIES: dict[tuple[str, int | None], Callable[[str], str]] = {
    ("capabilities", errno.EPERM): _no_capabilities,
    ("capabilities", None): lambda tier: advice("no capabilities"),
    ("order", errno.EPROTO): lambda tier: advice("set up again"),
    ("user", None): _user,
    ("configuration", None): lambda tier: advice("set up anew"),
    ("shared", None): lambda tier: range_advice(),
    ("pool", errno.EUSERS): lambda tier: advice("reserve more"),
    ("pool", errno.EINVAL): lambda tier: advice("reserve others"),
    ("collect", errno.EFBIG): lambda tier: advice("fewer modules"),
    ("collect", errno.E2BIG): lambda tier: advice("fewer modules"),
    ("landlock", errno.E2BIG): lambda tier: advice("fewer modules"),
    ("start", errno.ENOENT): lambda tier: advice("reinstall"),
}


def _shortage_remedy(tier: str, stage: str, number: int) -> str:
    if number == errno.EMFILE:
        return advice("open files")
    if number == errno.EAGAIN:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        limited = hard != resource.RLIM_INFINITY
        return advice("processes") if limited else ""
    if number == errno.ENOSPC and stage in _COUNTS_NAMESPACES:
        return _namespaces_remedy(tier, stage)
    return ""


def _namespaces_remedy(tier: str, stage: str) -> str:
    off = refusals.switched_off(stage)
    if off is not None:
        return advice("namespaces off", sysctl=off)
    # Counted for `nobody`, that is for the guests of all users together.
    if tier in tiers.TAKES_UID and stage != "collector" and not has_range():
        return range_advice()
    return advice("namespaces", more=_more_namespaces())


def _more_namespaces() -> int:
    try:
        with open("/proc/sys/user/max_user_namespaces", "rb") as file:
            return max(65536, 2 * int(file.read()))
    except (OSError, ValueError):
        return 65536


def is_shortage(number: int) -> bool:
    """Whether an errno says that the kernel is short of something just now:
    it passes, and what failed by it may be tried again."""
    return number in _SHORTAGES


def unreachable(path: str, shown: Iterable[str] = ()) -> str | None:
    """The first part of a path that other users cannot pass or read.

    :param shown: trees that the guest has mounts of, so that the directories
        above them do not matter.
    """
    for name in (path, os.path.realpath(path)):
        closed = _closed_part(name, shown)
        if closed is not None:
            return closed
    return None


def _closed_part(path: str, shown: Iterable[str]) -> str | None:
    parts = [path[:end] for end in range(1, len(path)) if path[end] == "/"]
    above = len(_tree_of(path, shown))
    for part in ["/", *parts, path]:
        if len(part) < above:
            continue
        try:
            mode = os.stat(part).st_mode
        except OSError:
            return part
        wanted = stat.S_IXOTH if part != path else stat.S_IXOTH | stat.S_IROTH
        if mode & wanted != wanted:
            return part
    return None


def _tree_of(path: str, shown: Iterable[str]) -> str:
    """The tree that shows a path, or the empty string."""
    trees = [tree for tree in shown if f"{path}/".startswith(f"{tree}/")]
    return max(trees, key=len, default="")


def _unreadable(
    tier: str, stage: str, path: str, shown: Iterable[str]
) -> SetupError:
    closed = unreachable(path, shown) or path
    # What is beside it in its tree is closed as well, as a rule.
    tree = _tree_of(closed, shown) or closed
    return SetupError(
        f"{stage}: the guest's user cannot read {path} (closed at {closed})",
        stage=stage,
        errno=errno.EACCES,
        remedy=advice("open tree", path=tree)
        if shown
        else advice("interpreter", tier=tier),
    )


def _meaning(tier: str, stage: str, number: int) -> tuple[str, str]:
    """What failed, and what mends it, if anything is known to."""
    for key in ((stage, number), (stage, None)):
        # A step may also fail for want of something, like any other.
        if key in _MEANINGS and (key[1] or number not in _SHORTAGES):
            remedy = _REMEDIES.get(key)
            return _MEANINGS[key], remedy(tier) if remedy else ""
    if number in _SHORTAGES:
        remedy_text = _shortage_remedy(tier, stage, number)
        return _SHORTAGES[number], remedy_text
    if refusals.is_refusal(stage, number):
        return "this machine refuses user namespaces", _no_namespaces(tier)
    return "a wall is missing", ""


def explain(
    tier: str,
    stage: str,
    number: int,
    path: str | None = None,
    shown: Iterable[str] = (),
) -> SetupError:
    """The error for a stage that failed with an errno.

    :param path: the file or directory that it failed on, if any.
    :param shown: the trees that the guest has mounts of.
    """
    if number == errno.EACCES and stage in ("exec", "landlock"):
        return _unreadable(tier, stage, path or sys.executable, shown)
    from .host_requirements import lacking

    absent = lacking(stage)
    if absent is not None:
        number = errno.ENOENT
    what, remedy = absent or _meaning(tier, stage, number)
    where = f" ({path})" if path is not None else ""
    return SetupError(
        f"tier {tier!r} failed at stage {stage!r}{where}: {what}",
        stage=stage,
        errno=number,
        remedy=remedy,
    )
