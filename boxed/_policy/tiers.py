"""The four tiers, which launcher serves each, and when to try the next.

Nothing is decided from a kernel version or a file under /sys: the best tier
is started, and the step at which it is refused says which is next.
"""

from __future__ import annotations

import errno
import os
import stat

from .. import _boxed
from .._errors import SetupError
from . import installation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from .._install.configuration import Config

    Started = TypeVar("Started")

FULL, UID, ROOTLESS, LANDLOCK = "full", "uid", "rootless", "landlock"

NUMBERS = {
    FULL: _boxed.TIER_FULL,
    UID: _boxed.TIER_UID,
    ROOTLESS: _boxed.TIER_ROOTLESS,
    LANDLOCK: _boxed.TIER_LANDLOCK,
}

#: Tiers in which the guest runs as another user than the caller.
TAKES_UID = frozenset({FULL, UID})
#: Tiers in which the guest has namespaces, and so mounts, of its own.
NAMESPACES = frozenset({FULL, ROOTLESS})

# What root's side and the guest's are known by.  The launcher, which decides,
# has the first three in C: src/shared/order.h, src/launcher/target.c and
# src/launcher/configuration.c; tests/policy/test_constants.py compares them.
#: Whom a guest runs as where nobody else is asked for.
NOBODY = 65534
#: The uids of accounts that people log in to.
LOGIN = range(1000, 60001)
CONFIGURATION = "/etc/boxed.conf"
SYSTEM_LAUNCHER = "/usr/bin/python_boxed"
#: The uids, by the first and their number, that `boxed setup` reserves first.
USUAL_RANGE = (60578, 606)
BUNDLED_LAUNCHER = os.path.join(installation.PACKAGE, "python_boxed")

# What 'auto' came to, and the launcher that was installed then: what a machine
# refuses, it refuses again.
_settled: tuple[str, object] | None = None


def fits_next(
    tier: str, error: SetupError, *, network: bool = False
) -> str | None:
    """The tier to try after ``tier`` was refused with ``error``, if any."""
    if tier != FULL:
        return None
    # EPERM alone: the launcher counted its capabilities and has none.  Root
    # never runs rootless.
    if error.stage == "capabilities" and error.errno == errno.EPERM:
        return ROOTLESS if os.geteuid() != 0 else None
    from .refusals import is_refusal

    refused = is_refusal(error.stage, error.errno, network=network)
    return UID if refused else None


def settled() -> str | None:
    """The tier that ``isolation='auto'`` came to, once a sandbox was made."""
    return _settled[0] if _settled else None


def best(
    start: Callable[[str], Started],
    *,
    network: bool,
    degraded: Callable[[str, SetupError], None] | None = None,
) -> Started:
    """What ``start`` makes in the best tier that the machine does not refuse.

    Any other failure is raised, and nothing is concluded from it.

    :param start: makes a sandbox in a tier, or raises SetupError.
    :param network: the guest keeps the caller's network namespace.
    :param degraded: is told when it comes to a weaker tier than it tried: that
        tier, and the refusal of the one before.
    """
    global _settled
    launcher = _identity(launcher_for(FULL))
    known = _settled is not None and _settled[1] == launcher
    tier = _settled[0] if _settled is not None and known else FULL
    refused: SetupError | None = None
    try:
        while True:
            try:
                started = start(tier)
            except SetupError as error:
                following = fits_next(tier, error, network=network)
                if following is None:
                    # One that tells more of itself is not about the tier.
                    raise error from error.__cause__ or refused
                tier, refused = following, error
            else:
                _settled = (tier, launcher)
                if refused is not None and degraded is not None:
                    degraded(tier, refused)
                return started
    finally:
        # In a frame of its own traceback it would be a cycle, which keeps
        # what its callers have: a sandbox that was interrupted, too.
        refused = None


def _identity(path: str) -> tuple[object, ...]:
    """What changes when root installs, replaces or removes the launcher."""
    try:
        seen = os.stat(path)
    except OSError:
        return (path,)
    return path, seen.st_dev, seen.st_ino, seen.st_ctime_ns


def _configured_launcher() -> str:
    # Reading it costs an import that the common case does not need.
    try:
        os.lstat(CONFIGURATION)
    except FileNotFoundError:
        return SYSTEM_LAUNCHER
    except OSError as error:
        raise _unseen(CONFIGURATION, error) from error
    return configuration().launcher


def configuration() -> Config:
    """What root has set up.

    :raises SetupError: it cannot be trusted or understood.
    """
    from .._install.configuration import ConfigError, read

    try:
        return read()
    except ConfigError as error:
        from .advice import advice

        raise SetupError(
            str(error), stage="configuration", remedy=advice("set up anew")
        ) from None


def installed_launcher() -> str | None:
    """The launcher that ``boxed setup`` installed, if it can be trusted.

    It must be a regular file of root's that nobody else can write and that
    this process may execute.
    """
    path = _configured_launcher()
    try:
        seen = os.stat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError as error:
        raise _unseen(path, error) from error
    trusted = (
        stat.S_ISREG(seen.st_mode)
        and seen.st_uid == 0
        and not seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
    return path if trusted and os.access(path, os.X_OK) else None


def _unseen(path: str, error: OSError) -> SetupError:
    """A file that may be there: without it another tier would be chosen."""
    return SetupError(
        f"{path} cannot be looked at",
        stage="start",
        errno=error.errno or 0,
    )


def launcher_for(tier: str) -> str:
    """Path of the launcher to start for a tier.

    Root's own capabilities serve root; the two tiers that need none use the
    package's own copy, which bears none.
    """
    if tier in TAKES_UID and os.geteuid() != 0:
        return installed_launcher() or BUNDLED_LAUNCHER
    return BUNDLED_LAUNCHER
