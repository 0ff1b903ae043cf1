"""From what was measured of a call to the exception that says so, and to the
cause that an Outcome names.

Only what the caller saw or the kernel told decides here, and never what a
guest says of its own end: it can send itself any signal, exit with any status,
and raise any exception.  What a guest can say is what it answers: that it
raised, and that its result is too long or cannot be sent.
"""

from __future__ import annotations

import os

from .._errors import (
    BoxedError,
    CallCancelled,
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    SerializationError,
    SetupError,
    UnsafeResultError,
    WorkerDied,
)
from . import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .._limits import Limits
    from .call import Exchange
    from .memory import Memory

    # As of _boxed.Call.report.
    Report = tuple[int, int, int, int, int, int, int, int, int]

#: What an exception says by its class alone, the derived before the base.
_OF_CLASS = (
    (CallTimeout, "timeout"),
    (CallCancelled, "cancelled"),
    (UnsafeResultError, "unsafe_result"),
    (SerializationError, "serialization"),
    (SetupError, "setup"),
    (ProtocolError, "protocol"),
)


def cause_of(error: BoxedError | None) -> str:
    """The cause, as an Outcome names it; error is what run() raises."""
    if error is None:
        return "returned"
    if isinstance(error, LimitExceeded):
        return error.resource
    if isinstance(error, WorkerDied):
        if error.signal is not None:
            return "signal"
        return "lost" if error.exitcode is None else "exit"
    for cls, cause in _OF_CLASS:
        if isinstance(error, cls):
            return cause
    return "raised"


def of_loss(log: str) -> WorkerDied:
    """The sandbox is gone, and with it who would tell.

    :param log: what launcher and zygote said last.
    """
    return WorkerDied(f"the sandbox was lost during the call {log}".strip())


def of_cancelling() -> BoxedError:
    return CallCancelled("the call was cancelled")


def of_closing() -> CallCancelled:
    return CallCancelled("the call was ended by the caller")


def of_death(
    report: Report, measured: Memory | None, limits: Limits
) -> BoxedError:
    """The worker ended without an answer.

    :param report: what the zygote told of it.
    :param measured: what it told of its memory.
    """
    status = report[0]
    if measured is not None and memory.was_used_up(measured, limits):
        return memory.exceeded(measured, limits)
    if _used_its_cpu_time(report, limits):
        return LimitExceeded(
            f"the call used {limits.cpu_time} s of processor time",
            "cpu_time",
            limits.cpu_time,
            report[8] / 1e6,
        )
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return WorkerDied(
            f"the worker was ended by signal {number}"
            f"{_memory_remark(report, limits)}",
            signal=number,
        )
    code = os.WEXITSTATUS(status)
    return WorkerDied(
        f"the worker exited with status {code} and no answer"
        f"{_memory_remark(report, limits) if code else ''}",
        exitcode=code,
    )


def _used_its_cpu_time(report: Report, limits: Limits) -> bool:
    """Whatever it did then: it is charged no time that it has not used."""
    if limits.cpu_time is None:
        return False
    if limits.processes > 1:
        # Each of them has as much, in whole seconds.
        return report[8] >= -(-limits.cpu_time // 1) * 1e6
    # The scheduler's word, which the zygote had; both of its parts are rounded
    # down.
    return report[1] + report[2] + 2 >= int(limits.cpu_time * 1e6)


def _memory_remark(report: Report, limits: Limits) -> str:
    """What native code makes of memory that it does not get is its own
    affair, and can be any signal."""
    most = report[3] * 1024
    if most < limits.memory * 3 // 4:
        return ""
    return (
        f"; it had {most} bytes of memory, the interpreter's included,"
        f" and Limits(memory={limits.memory}) may have been too little"
    )


def of_answer(exchange: Exchange, kind: int, body: bytes) -> BoxedError:
    """The guest has answered with something else than a value."""
    from .. import _boxed

    makers: dict[int, Callable[[Exchange, bytes], BoxedError]] = {
        _boxed.FRAME_ERROR: _raised,
        _boxed.FRAME_REFUSED: _refused,
    }
    try:
        if kind == _boxed.FRAME_TOO_LONG:
            return _too_long(body, exchange.terms.limits)
        return makers[kind](exchange, body)
    except (KeyError, ValueError) as error:
        return ProtocolError(f"the answer is malformed: {error}")


def _raised(exchange: Exchange, body: bytes) -> BoxedError:
    from .._answers.remote_errors import error_from_texts
    from .._answers.text import unpack
    from .._wire.exception_format import MAX_MORE

    error = error_from_texts(unpack(body, 4, MAX_MORE))
    if isinstance(error, (ImportError, PermissionError)):
        from .._answers.missing_modules import add_why

        add_why(error, exchange.policy.places, exchange.tier)
    return error


def _refused(exchange: Exchange, body: bytes) -> BoxedError:
    from .._answers.text import unpack
    from .._answers.value import refusal

    return refusal(exchange.reading.serializer, *unpack(body, 2))


def _too_long(body: bytes, limits: Limits) -> BoxedError:
    limit, text = limits.result, body.decode("ascii")
    # A guest may say so of any result, but not of one that would fit.
    if len(text) > 20 or not text.isdigit() or int(text) <= limit:
        raise ValueError("it is too long by no number of bytes")
    return LimitExceeded(
        f"the result takes {text} bytes; at most {limit} are accepted",
        "result",
        limit,
        int(text),
    )
