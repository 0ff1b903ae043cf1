"""Which user a guest may run as, seen from the caller.

The launcher decides (src/launcher/target.c); this says the same earlier and
in words.
"""

from __future__ import annotations

import os

from .advice import advice
from .tiers import LOGIN, NOBODY, configuration


def target_uid(user: str) -> int:
    """The uid of a permitted user.

    :param user: an account's name.
    :raises PermissionError: it is unknown, root, the caller, a login user's
        or not one that root permitted.
    :raises SetupError: what root permitted cannot be read.
    """
    uid = _lookup(user)
    if uid == 0:
        raise PermissionError("a guest never runs as root")
    if uid == os.getuid():
        raise PermissionError(f"{user!r} is the user of the caller itself")
    if uid in LOGIN:
        raise PermissionError(
            f"{user!r} (uid {uid}) can log in; {advice('account')}"
        )
    if uid != NOBODY and os.getuid() != 0 and uid not in _listed():
        raise PermissionError(
            f"root has not permitted {user!r} as a guest's user;"
            f" {advice('allow', name=user)}"
        )
    return uid


def _lookup(user: str) -> int:
    import pwd

    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise PermissionError(f"there is no user {user!r}") from None


def _listed() -> frozenset[int]:
    return configuration().allow_users
