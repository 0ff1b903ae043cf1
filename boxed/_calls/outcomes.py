"""call(): what became of a call, in place of a value or an exception."""

from __future__ import annotations

import os

from .._errors import BoxedError, SetupError
from .._live import registry
from .._outcome import Outcome
from .._policy.walls import landlock_abi, standing
from .call import Exchange
from .causes import cause_of
from .usage import usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .attempt import Steps
    from .output import Streams
    from .request import Request
    from .settings import Settings
    from .terms import Terms


def exchange_of(
    settings: Settings,
    func: Callable[..., Any],
    request: Request,
    terms: Terms,
) -> Exchange:
    """A call that an outcome is to be made of.

    Streams that no option sends elsewhere are captured.
    """
    return Exchange(
        settings.policy(func, request),
        request,
        terms.capturing(),
        settings.reading(func),
        measured=True,
    )


def outcome_steps(
    exchange: Exchange, boxes: registry.Boxes = registry.shared
) -> Steps:
    """Run it, step by step, and return what became of it."""
    try:
        value = yield from exchange.steps(boxes)
    except BoxedError as error:
        if exchange.was_given_up():
            raise
        # Its frames are of no use, and refer to all of this.
        error.__traceback__ = None
        return Outcome(exception=error, **(error._facts or {}))
    return Outcome(value=value, **facts(exchange, None))


def unprepared(error: SetupError) -> Outcome[Any]:
    """Of a call for which there can be no sandbox."""
    return Outcome(exception=error, cause=cause_of(error))


def facts(exchange: Exchange, error: BoxedError | None) -> dict[str, Any]:
    """The fields of an Outcome that are neither value nor exception.

    :param error: why there is no value.
    """
    report = exchange.report
    # Of a worker that was ended from here, its end says nothing.
    status = None if exchange.killed or report is None else report[0]
    signalled = status is not None and os.WIFSIGNALED(status)
    streams = exchange.streams
    return {
        "cause": exchange.cause or cause_of(error),
        "stdout": _text(streams, 0),
        "stderr": _text(streams, 1),
        "exitcode": (
            None if status is None or signalled else os.WEXITSTATUS(status)
        ),
        "signal": os.WTERMSIG(status) if status and signalled else None,
        "tier": exchange.tier,
        "walls": standing(exchange.tier, landlock_abi(), exchange.ruler),
        "usage": usage(
            report,
            exchange.memory,
            left=exchange.left,
            wall_time=exchange.wall_time(),
            request_bytes=exchange.request.size(),
            result_bytes=exchange.result_bytes,
            output_bytes=streams.taken if streams is not None else 0,
        ),
    }


def _text(streams: Streams | None, number: int) -> str:
    return (streams and streams.captured(number)) or ""
