"""``boxed doctor``: what this machine enforces, why not more, what mends it.

Nothing is concluded from versions or files: each tier is started and one
call is made in it.
"""

from __future__ import annotations

import json
import os
import platform
import sys

from .._errors import BoxedError, SetupError
from .._guest import by_name
from .._live import registry
from .._options import ISOLATIONS
from .._policy import walls
from .._policy.tiers import TAKES_UID
from .._run import run
from .._version import __version__
from . import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .attack.verdict import Finding


def _try(isolation: str) -> dict[str, Any]:
    """Start a tier, make one call in it, and say how that ended."""
    try:
        uid = run(
            by_name.call,
            ("os:getuid", [], {}),
            serializer="json",
            isolation=isolation,
            timeout=30,
        )
    except SetupError as error:
        return {
            "works": False,
            "why": str(error).partition("; ")[0],
            "remedy": error.remedy,
        }
    except BoxedError as error:
        return {"works": False, "why": str(error), "remedy": ""}
    return {"works": True, "uid": uid}


def examine() -> dict[str, Any]:
    """The findings: machine, tiers, the tier in use and its walls."""
    abi = walls.landlock_abi()
    tiers = {name: _try(name) for name in ISOLATIONS if name != "auto"}
    automatic = _try("auto")
    tier = registry.settled_tier() if automatic["works"] else None
    bounded = memory.found("auto")
    return {
        "boxed": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "landlock_abi": abi,
        "uid": os.getuid(),
        "tiers": tiers,
        "tier": tier,
        "automatic": automatic,
        "uids": _uids(tier),
        "memory": bounded,
        "walls": {
            wall.name: tier is not None
            and wall.stands(tier, abi, bounded["ruler"])
            for wall in walls.WALLS
        },
    }


def _print_tiers(findings: dict[str, Any]) -> None:
    for name, found in findings["tiers"].items():
        if found["works"]:
            used = "  <- used" if name == findings["tier"] else ""
            print(f"  {name:<9} works{used}")
            continue
        print(f"  {name:<9} no: {found['why']}")
        if found["remedy"]:
            print(f"  {'':<9} mend: {found['remedy']}")


def _uids(tier: str | None) -> dict[str, Any]:
    """Whose uid the guests of a tier have, and what would give them another:
    the range that root reserved, or what it takes to have one."""
    from .._install import configuration
    from .._live import remedies

    try:
        config = configuration.read()
    except configuration.ConfigError:
        config = configuration.Config()
    missing = config.uid_range is None and tier in TAKES_UID
    return {
        "reserved": config.uid_range,
        "remedy": remedies.range_advice() if missing else "",
    }


def _print_uids(findings: dict[str, Any]) -> None:
    if findings["uids"]["remedy"]:
        print(
            "No uids are reserved: guests of all users are `nobody`.  One"
            " user's can use\nup what the kernel counts by uid, such as"
            " processes and user namespaces, and\nthe calls of others fail"
            " meanwhile."
        )
        print(f"  mend: {findings['uids']['remedy']}")


def _print_no_tier(findings: dict[str, Any]) -> None:
    """Why a call that names no tier fails, and which tiers can be named."""
    automatic = findings["automatic"]
    print(f"A call that names no tier fails here: {automatic['why']}")
    if automatic["remedy"]:
        print(f"  mend: {automatic['remedy']}")
    named = [
        f"isolation={name!r}"
        for name, found in findings["tiers"].items()
        if found["works"]
    ]
    print("By name there is:", ", ".join(named) or "none; every call fails")


def _print_walls(findings: dict[str, Any]) -> None:
    tier = findings["tier"]
    if tier is None:
        _print_no_tier(findings)
        return
    print(f"Walls of the tier in use, {tier!r}:")
    for wall in walls.WALLS:
        if findings["walls"][wall.name]:
            print(f"  on   {wall.name:<18} {wall.what}")
        else:
            print(f"  off  {wall.name:<18} {wall.without}")


def _print_findings(findings: dict[str, Any]) -> None:
    print(
        f"boxed {findings['boxed']}, Python {findings['python']},"
        f" Linux {findings['kernel']}, Landlock ABI"
        f" {findings['landlock_abi'] or 'none'}, uid {findings['uid']}"
    )
    print("Tiers, best first:")
    _print_tiers(findings)
    _print_uids(findings)
    memory.show(findings["memory"])
    _print_walls(findings)


def _print_attempt(attempt: Finding) -> None:
    if attempt.verdict == "not applicable":
        print(f"  not applicable: {attempt.what}: {attempt.why}", flush=True)
    else:
        print(
            f"  {attempt.verdict:<7} {attempt.what} ({attempt.why})",
            flush=True,
        )


def _attack(findings: dict[str, Any], isolation: str, tell: Any) -> int:
    """Attack a tier, add what came of it to the findings; the status."""
    from .attack import verdict

    tier = findings["tier"] if isolation == "auto" else isolation
    if tier is None or not findings["tiers"][tier]["works"]:
        return 2
    attempts = verdict.attack_all(tier, tell=tell)
    findings["attack"] = {
        "tier": tier,
        "summary": verdict.summary(attempts),
        "attempts": [attempt.as_dict() for attempt in attempts],
    }
    return 4 if findings["attack"]["summary"][verdict.BROKEN] else 0


def _attack_and_print(findings: dict[str, Any], isolation: str) -> int:
    print("Attempts to break out:")
    status = _attack(findings, isolation, _print_attempt)
    if "attack" not in findings:
        print("  none: the tier does not work here")
        return status
    attack = findings["attack"]
    numbers = [
        f"{number} {what}" for what, number in attack["summary"].items()
    ]
    print(f"Tier {attack['tier']!r}: {', '.join(numbers)}")
    return status


def report(isolation: str, *, attack: bool, as_json: bool) -> int:
    """Examine, attack a tier if that is asked for, print what was found; the
    exit status of ``boxed doctor``."""
    findings = examine()
    status = {"full": 0, None: 2}.get(findings["tier"], 1)
    if not as_json:
        _print_findings(findings)
        if attack:
            status = _attack_and_print(findings, isolation)
        return status
    if attack:
        status = _attack(findings, isolation, lambda attempt: None)
    json.dump(findings, sys.stdout, indent=2)
    print()
    return status
