"""What a row is: contenders that are compared, and a target."""

from __future__ import annotations

from dataclasses import dataclass

from .harness import Contender

#: Tier, and whether its caller is an ordinary user.
TIERS = {"full": False, "uid": False, "rootless": True, "landlock": True}


@dataclass(frozen=True)
class Row:
    """One comparison.

    :ivar key: short name, for ``--only``.
    :ivar title: for the table.
    :ivar reference: the contender that ratios refer to.
    :ivar target: the design's, as text; empty where it sets none.
    :ivar limit: the highest ratio that meets it.
    :ivar rounds: how often everybody takes a turn.
    """

    key: str
    title: str
    contenders: tuple[Contender, ...]
    reference: str
    rounds: int = 30
    target: str = ""
    limit: float | None = None


def tiers(factory: str, block: int, name: str = "boxed", **options):
    """The factory's contender on every tier."""
    return tuple(
        Contender(
            f"{name}, {tier}",
            factory,
            {"tier": tier, **options},
            block=block,
            ordinary=ordinary,
        )
        for tier, ordinary in TIERS.items()
    )
