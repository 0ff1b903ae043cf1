"""The records of the logger ``boxed``: what an operator of a service wants to
know of sandboxes and calls.  docs/logging.rst lists them.

A program that has not imported logging listens to nothing, so it is not
imported here: a call would wait for that.  What a guest or a sandbox said is
escaped, and in one line.  Nothing depends on whether anybody listens.
"""

from __future__ import annotations

import sys

from .._errors import (
    BoxedError,
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    SetupError,
    WorkerDied,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from logging import Logger
    from typing import Any

    from .._calls.timing import Steps

NAME = "boxed"
#: Those of logging, by their numbers, which it has promised to keep.
DEBUG, INFO, WARNING = 10, 20, 30
#: Characters of a text that a record quotes.
_MOST = 2000
#: Advice about a module is given once; so many modules are remembered.
_MOST_ADVISED = 256
_advised: set[str] = set()


def _logger(level: int) -> Logger | None:
    """The logger, if a record of that level goes anywhere."""
    logging: Any = sys.modules.get("logging")
    # Half imported, as a signal's handler may find it, it has none.
    if not hasattr(logging, "getLogger"):
        return None
    logger: Logger = logging.getLogger(NAME)
    if not logger.handlers:
        # Else logging prints to stderr what nobody has asked for.
        logger.addHandler(logging.NullHandler())
    return logger if logger.isEnabledFor(level) else None


def _line(text: object) -> str:
    from .._answers.text import printable

    shown = printable(str(text), _MOST)
    return shown.replace("\n", "\\n").replace("\t", "\\t")


def started(tier: str, steps: Steps) -> None:
    """A sandbox has been set up.

    :param steps: the first is its beginning.
    """
    logger = _logger(DEBUG)
    if logger is None:
        return
    begin, ms = steps[0][1], 1e-6
    each = [
        f"{step} {(at - before) * ms:.1f} ms"
        for (_, before), (step, at) in zip(steps, steps[1:])
    ]
    total = (steps[-1][1] - begin) * ms
    logger.debug(
        "sandbox started: tier %s, %.1f ms (%s)", tier, total, "; ".join(each)
    )


def degraded(tier: str, refusal: SetupError) -> None:
    """``isolation='auto'`` came to less than the best tier."""
    logger = _logger(WARNING)
    if logger is not None:
        logger.warning(
            "isolation='auto' came to the weaker tier %r, since a better one"
            " was refused at stage %r: %s",
            tier,
            refusal.stage,
            _line(refusal),
        )


def gone() -> None:
    """A sandbox had ended between two calls."""
    logger = _logger(WARNING)
    if logger is not None:
        logger.warning("sandbox had ended before a call; another is started")


def unread(error: BoxedError) -> None:
    """A worker ended, or could not be, before it ran anything of a call."""
    # A standby that was not used for long ends so.
    if isinstance(error, WorkerDied) and error.exitcode == 0:
        return
    logger = _logger(WARNING)
    if logger is not None:
        logger.warning("worker lost before its call began: %s", _line(error))


def failed(error: BoxedError) -> None:
    """A call raises an error that is not its function's."""
    level, what = _meaning(error)
    logger = _logger(level) if level else None
    if logger is not None:
        logger.log(level, "%s: %s", what, _line(error))


def _meaning(error: BoxedError) -> tuple[int, str]:
    """Level and words; level 0 for what no operator need know."""
    if isinstance(error, CallTimeout):
        return INFO, "call killed"
    if isinstance(error, LimitExceeded):
        return INFO, f"call over its limit {error.resource!r}"
    if isinstance(error, SetupError):
        return WARNING, f"call refused at stage {error.stage!r}"
    if isinstance(error, ProtocolError):
        return WARNING, "call broke the protocol"
    if isinstance(error, WorkerDied):
        if error.signal is None and error.exitcode is None:
            return WARNING, "sandbox lost"
        return INFO, "call ended without an answer"
    return 0, ""


def imported(times: Sequence[tuple[str, float]], seconds: float) -> None:
    """A call imported what its sandbox could import once.

    :param times: modules with their seconds, which the guest has told: words
        of its choice, and no more than words.
    :param seconds: what the call took.
    """
    spent = sum(one for _, one in times)
    names = sorted(name for name, _ in times)
    # The guest cannot have waited for longer than the caller.
    if not 0 < spent <= seconds or _advised.issuperset(names):
        return
    logger = _logger(INFO)
    if logger is None:
        return
    if len(_advised) >= _MOST_ADVISED:
        _advised.clear()
    _advised.update(names)
    logger.info(
        "call spent %.2f s of %.2f s importing %s: with imports=%r in its"
        " options it takes about %.2f s",
        spent,
        seconds,
        ", ".join(names),
        names,
        seconds - spent,
    )
