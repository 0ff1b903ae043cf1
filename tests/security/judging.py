"""What an attack is judged by."""

from __future__ import annotations

from collections.abc import Mapping

from . import applicability
from .attacks.attempts import NOTHING, PRIVATE, REACHED
from .callers import NAMESPACES, Caller


def judge(
    caller: Caller,
    case: str,
    inside: Mapping[str, str],
    outside: Mapping[str, str] | None,
) -> None:
    """No attempt reached anything in the sandbox, and without it each did."""
    broken = {
        what: outcome
        for what, outcome in inside.items()
        if outcome not in harmless(case, what, caller.tier)
    }
    assert not broken, f"{case} is broken in {caller.name}: {broken}"
    if outside is None:
        return
    dull = {
        what: outcome
        for what, outcome in outside.items()
        if outcome != REACHED
        and not applicability.is_powerless(case, what, caller.name)
    }
    assert not dull, f"{case} proves nothing in {caller.name}: {dull}"


# What an attempt may come to in a sandbox: an errno of a refusal or of an
# absence.  EFAULT or EINVAL would say that the kernel looked at it.
REFUSALS = frozenset(
    {
        "EPERM",
        "EACCES",
        "ENOENT",
        "ENOSYS",
        "ESRCH",
        "EROFS",
        "ENOTSUP",
        "EXDEV",
        "ENOTTY",
        "ENXIO",
        "ENODEV",
        NOTHING,
    }
)


def harmless(case: str, what: str, tier: str) -> frozenset[str]:
    allowed = REFUSALS
    if tier in NAMESPACES:
        allowed |= {PRIVATE}
    if applicability.find(case, what, tier) is not None:
        allowed |= {REACHED}
    return allowed


def both(caller: Caller, case: str, name: str, *args) -> Mapping[str, str]:
    """An attack in the sandbox and out of it, judged."""
    inside = caller.sandbox(name, *args)
    judge(caller, case, inside, caller.control(name, *args))
    return inside
