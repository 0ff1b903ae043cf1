"""What a failed step of the set-up means, and what mends it."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys

from ._errors import SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SETUP_COMMAND = f"sudo {shlex.quote(sys.executable)} -m boxed setup"

_NO_NAMESPACES = (
    "this machine refuses user namespaces; either run"
    f" `{SETUP_COMMAND}`, after which none are needed, or accept fewer walls"
    " with isolation='landlock'"
)
_KERNEL = "boxed needs Linux 5.13 or newer with Landlock and seccomp"

_TOO_MANY = "it holds more than 100000 modules and directories"
_FEWER = (
    "name the directories to import from with path=[...], or have this one"
    " shown as a whole with read=[...]"
)

# (stage, errno or None for any) -> (what failed, what mends it)
_TABLE: dict[tuple[str, int | None], tuple[str, str]] = {
    ("capabilities", errno.EPERM): (
        "the launcher has no capabilities to change the user with",
        f"install it: `{SETUP_COMMAND}`; under no_new_privs or on a nosuid"
        " mount it never gets them: leave isolation at 'auto'",
    ),
    ("capabilities", None): (
        "the launcher has other capabilities than this tier needs",
        "use isolation='auto'",
    ),
    ("order", errno.EPROTO): (
        "the installed launcher is of another version",
        f"install this one: `{SETUP_COMMAND}`",
    ),
    ("user", None): (
        "the launcher does not let a guest run as this user",
        "root cannot use the tiers 'rootless' and 'landlock', whose guest"
        " has the caller's uid"
        if os.getuid() == 0
        else f"permit it: `{SETUP_COMMAND} --allow-user NAME`",
    ),
    ("configuration", None): (
        "/etc/boxed.conf cannot be trusted or understood",
        f"write it anew: `{SETUP_COMMAND}`",
    ),
    ("shared", None): (
        "other users' guests have this user too, and before Linux 6.12 nothing"
        " keeps what one runs from ending another's",
        f"reserve uids for sandboxes: `{SETUP_COMMAND}`",
    ),
    ("pool", None): (
        "every uid that root reserved for sandboxes is in use",
        "end idle programs, or reserve more:"
        f" `{SETUP_COMMAND} --uid-range FIRST:COUNT`",
    ),
    ("collect", errno.EFBIG): ("its modules take more than 128 MiB", _FEWER),
    ("collect", errno.E2BIG): (
        _TOO_MANY,
        _FEWER,
    ),
    ("landlock", errno.E2BIG): (
        _TOO_MANY,
        _FEWER,
    ),
    ("collector", None): ("no user namespace", _NO_NAMESPACES),
    ("namespaces", None): ("no namespaces", _NO_NAMESPACES),
    ("uid_map", None): ("no uid map", _NO_NAMESPACES),
    ("proc", None): ("no fresh /proc", _NO_NAMESPACES),
    ("root", None): ("no mounts in a user namespace", _NO_NAMESPACES),
    ("landlock", errno.ENOSYS): ("no Landlock", _KERNEL),
    ("landlock", errno.EOPNOTSUPP): (
        "Landlock is switched off",
        "add landlock to the kernel's lsm= parameter",
    ),
    ("seccomp", None): ("no system call filter", _KERNEL),
    ("start", errno.ENOSYS): ("the kernel is too old", _KERNEL),
    ("start", errno.ENOENT): (
        "the launcher is missing",
        "reinstall boxed: pip install --force-reinstall boxed",
    ),
}

# What the kernel is short of, whichever step meets it first.
_SHORTAGES: dict[int, tuple[str, str]] = {
    errno.EMFILE: (
        "too few descriptors",
        "raise the hard limit of the caller: `ulimit -H -n`",
    ),
    errno.ENFILE: (
        "the machine is out of descriptors",
        "raise `sysctl fs.file-max`",
    ),
    errno.ENOMEM: ("the kernel is out of memory", "end other programs"),
    errno.EAGAIN: (
        "no more processes",
        "raise the caller's limit of processes (`ulimit -u`, or pids.max"
        " of its cgroup)",
    ),
    # Zero is a common hardening; the same errno is the nesting limit's.
    errno.ENOSPC: (
        "no more namespaces",
        "raise `sysctl user.max_user_namespaces`, and its like for mnt, pid,"
        f" net, ipc and uts; or install the launcher: `{SETUP_COMMAND}`",
    ),
}


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
    roots = [tree for tree in shown if f"{path}/".startswith(f"{tree}/")]
    above = max(map(len, roots), default=0)
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


def _unreadable(
    tier: str, stage: str, path: str, shown: Iterable[str]
) -> SetupError:
    closed = unreachable(path, shown) or path
    remedy = f"open it to others: `chmod o+rX {shlex.quote(closed)}`"
    if not shown:
        remedy = (
            f"tier {tier!r} has no mounts of its own, so the interpreter must"
            " be readable to everybody: use one outside a private home"
        )
    return SetupError(
        f"{stage}: the guest's user cannot read {path} (closed at {closed})",
        stage=stage,
        errno=errno.EACCES,
        remedy=remedy,
    )


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
    from ._lacking import lacking

    absent = lacking(stage)
    if absent is not None:
        number = errno.ENOENT
    what, remedy = (
        absent
        or _TABLE.get((stage, number))
        or _SHORTAGES.get(number)
        or _TABLE.get((stage, None))
        or ("a wall is missing", "")
    )
    where = f" ({path})" if path is not None else ""
    return SetupError(
        f"tier {tier!r} failed at stage {stage!r}{where}: {what}",
        stage=stage,
        errno=number,
        remedy=remedy,
    )
