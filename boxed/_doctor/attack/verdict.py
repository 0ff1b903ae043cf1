"""``boxed doctor --attack``: attempts to break out of the sandbox, each shown
to work outside it.

guest.py, reach.py   the attacks themselves, run on either side
ways.py              what they are made of
calls.py             system calls for them that Python has no name for
sides.py             outside and inside: where an attempt is made
session.py           the doctor's own things that are attacked
plans.py, table.py   what is tried, on what, and what would be a break

Here is the judgement of each, and all of them in order.  The guest has the
first four alone.
"""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
from dataclasses import asdict, dataclass

from .session import Session
from .sides import Inside, Outside
from .table import ATTACKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

    from .plans import Side
    from .sides import Answer
    from .table import Attack

HELD, BROKEN, NOT_APPLICABLE = "held", "BROKEN", "not applicable"


@dataclass(frozen=True)
class Finding:
    """How one attempt ended.

    :ivar what: what was tried.
    :ivar verdict: ``held``, ``BROKEN`` or ``not applicable``.
    :ivar why: what refused it, or why it proves nothing here.
    """

    what: str
    verdict: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class _NoTarget(Exception):
    """What was to be attacked could not be made."""


def _try(attack: Attack, session: Session, side: Side) -> tuple[bool, Answer]:
    """Whether an attempt broke something, and what came back."""
    with contextlib.ExitStack() as stack:
        try:
            trial = stack.enter_context(attack.plan(session, side))
        except OSError as error:
            why = errno.errorcode.get(error.errno or 0, str(error))
            raise _NoTarget(f"nothing to attack here: {why}") from error
        answer = side.attempt(trial)
        return trial.hit(answer), answer


def _judge(attack: Attack, session: Session, inside: Side) -> Finding:
    try:
        works, control = _try(attack, session, Outside())
        broke, answer = _try(attack, session, inside)
    except _NoTarget as error:
        return Finding(attack.what, NOT_APPLICABLE, str(error))
    if broke:
        return Finding(attack.what, BROKEN, "as it does outside")
    if not works:
        why = control.error or "no effect"
        return Finding(
            attack.what,
            NOT_APPLICABLE,
            f"no control here: {why} outside the sandbox too",
        )
    return Finding(attack.what, HELD, answer.error or "without effect")


@contextlib.contextmanager
def _unwinding() -> Iterator[None]:
    """A polite end, too, removes what was made; needs the main thread."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def attack_all(
    tier: str,
    inside: Side | None = None,
    tell: Callable[[Finding], object] = lambda finding: None,
) -> list[Finding]:
    """Make every attempt on a tier.

    :param tier: its name.
    :param inside: what stands for the sandbox; a test puts none there.
    :param tell: called with each finding as soon as there is one.
    :raises SetupError: the tier does not work here.
    """
    found = []
    with _unwinding(), Session().open() as session:
        for attack in ATTACKS:
            if tier in attack.tiers:
                finding = _judge(attack, session, inside or Inside(tier))
            else:
                finding = Finding(attack.what, NOT_APPLICABLE, attack.without)
            tell(finding)
            found.append(finding)
    return found


def summary(findings: list[Finding]) -> dict[str, int]:
    """How many ended in each way."""
    verdicts = [finding.verdict for finding in findings]
    kinds = (HELD, BROKEN, NOT_APPLICABLE)
    return {kind: verdicts.count(kind) for kind in kinds}
