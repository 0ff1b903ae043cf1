"""The four tiers, which launcher serves each, and when to try the next.

Nothing is decided from a kernel version or a file under /sys: the best tier
is started, and the stage at which it is refused says which is next.
"""

from __future__ import annotations

import errno
import os
import stat

from . import _boxed
from ._errors import SetupError

FULL, UID, ROOTLESS, LANDLOCK = "full", "uid", "rootless", "landlock"

NUMBERS = {
    FULL: _boxed.TIER_FULL,
    UID: _boxed.TIER_UID,
    ROOTLESS: _boxed.TIER_ROOTLESS,
    LANDLOCK: _boxed.TIER_LANDLOCK,
}

#: Chosen on their own, best first.  ``landlock`` leaves the guest the
#: caller's uid, so it is used only when asked for.
AUTOMATIC = (FULL, UID, ROOTLESS)

#: Tiers in which the guest runs as another user than the caller.
TAKES_UID = frozenset({FULL, UID})
#: Tiers in which the guest has namespaces, and so mounts, of its own.
NAMESPACES = frozenset({FULL, ROOTLESS})

CONFIGURATION = "/etc/boxed.conf"
SYSTEM_LAUNCHER = "/usr/bin/python_boxed"
BUNDLED_LAUNCHER = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "python_boxed"
)

# How a kernel, a container profile or a distribution refuses user namespaces.
_REFUSED = frozenset(
    {
        errno.EPERM,
        errno.EACCES,
        errno.ENOSPC,
        errno.EUSERS,
        errno.EINVAL,
        errno.ENOSYS,
    }
)
_NAMESPACE_STAGES = frozenset(
    {"collector", "namespaces", "uid_map", "proc", "root"}
)


def lacks_capabilities(error: SetupError) -> bool:
    """The launcher could not take another uid."""
    return error.stage == "capabilities"


def lacks_namespaces(error: SetupError) -> bool:
    """The machine refuses user namespaces or what they are needed for."""
    refused = error.errno in _REFUSED
    if error.stage == "collect":
        return error.errno in (errno.EPERM, errno.ENOSYS)
    return refused and error.stage in _NAMESPACE_STAGES


def fits_next(tier: str, error: SetupError) -> str | None:
    """The tier to try after ``tier`` was refused with ``error``, if any."""
    if tier == FULL and lacks_capabilities(error):
        return ROOTLESS
    if tier == FULL and lacks_namespaces(error):
        return UID
    return None


def _configured_launcher() -> str:
    # Reading it costs an import that the common case does not need.
    if not os.path.lexists(CONFIGURATION):
        return SYSTEM_LAUNCHER
    from ._config import ConfigError, read

    try:
        return read().launcher
    except ConfigError as error:
        raise SetupError(
            str(error), stage="configuration", remedy="sudo boxed setup"
        ) from None


def installed_launcher() -> str | None:
    """The launcher that ``boxed setup`` installed, if it can be trusted.

    It must be a regular file of root's that nobody else can write and that
    this process may execute.
    """
    path = _configured_launcher()
    try:
        seen = os.stat(path)
    except OSError:
        return None
    trusted = (
        stat.S_ISREG(seen.st_mode)
        and seen.st_uid == 0
        and not seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
    return path if trusted and os.access(path, os.X_OK) else None


def launcher_for(tier: str) -> str:
    """Path of the launcher to start for a tier.

    Root's own capabilities serve root; the two tiers that need none use the
    package's own copy, which bears none.
    """
    if tier in TAKES_UID and os.geteuid() != 0:
        return installed_launcher() or BUNDLED_LAUNCHER
    return BUNDLED_LAUNCHER
