"""One call on a live sandbox, from the request to a value or an exception."""

from __future__ import annotations

import os
import time

from .. import _boxed
from .._answers.value import DecodingTimeout, Reading
from .._errors import (
    BoxedError,
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    RemoteError,
)
from .._live import admission, log, prefork, registry
from .._live.box import Box, BoxGone, kill_limit, read_status
from . import answer
from .output import Streams
from .timing import step_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._policy.policy import Policy
    from .._wire.payload import Payload
    from .causes import Report
    from .host_calls import HostCalls, HostFunctions
    from .memory import Memory
    from .terms import Terms

#: Workers that a request is sent to before one reads it: a standby that has
#: ended, a fresh one of a sandbox that has ended, one of a new sandbox.
ATTEMPTS = 3

_NEVER = (1 << 63) - 1
_SECOND = 1_000_000_000


def call(
    policy: Policy,
    request: Payload,
    *,
    terms: Terms,
    reading: Reading,
    boxes: registry.Boxes = registry.shared,
    on_open: Callable[[_boxed.Call], None] | None = None,
) -> Any:
    """Run one request, which is closed, and return the value it yields.

    :param terms: what it may use, reads, and where it prints.
    :param boxes: the table of sandboxes to use.
    :param on_open: is given the call before its request is sent, to be
        killed by another thread.
    """
    exchange = Exchange(policy, request, terms, reading)
    return exchange.value(boxes, on_open)


class Exchange:
    """One call, whichever workers its request goes to.  Its timeout begins
    with the first of them, and no other has more of it.

    :ivar measured: whether to have the kernel's word of what was used, also
        where there is an answer.
    :ivar report: that word, once it is there, and `memory` with it.
    :ivar left: the call on which it comes where nobody has waited for it.
    :ivar killed: whether the worker was ended from here.
    :ivar cause: where the exception alone does not tell it.
    """

    # Until an attempt says otherwise: the last one decides.
    deadline = _NEVER
    began = ended = 0
    tier = cause = ""
    ruler = 0
    streams: Streams | None = None
    report: Report | None = None
    memory: Memory | None = None
    left: _boxed.Call | None = None
    killed = False
    result_bytes = 0

    def __init__(
        self,
        policy: Policy,
        request: Payload,
        terms: Terms,
        reading: Reading,
        *,
        measured: bool = False,
    ) -> None:
        self.policy = policy
        self.request = request
        self.terms = terms
        self.reading = reading
        self.measured = measured

    def value(
        self,
        boxes: registry.Boxes,
        on_open: Callable[[_boxed.Call], None] | None = None,
    ) -> Any:
        """Run it, and return the function's value.

        :raises BoxedError: there is none; its outcome says what became of
            the call.
        """
        try:
            return self._value(boxes, on_open)
        except BoxedError as error:
            if not self.was_given_up():
                from .outcomes import facts

                error._facts = facts(self, error)
                log.failed(error)
            raise
        finally:
            self.request.close()

    def _value(
        self,
        boxes: registry.Boxes,
        on_open: Callable[[_boxed.Call], None] | None,
    ) -> Any:
        ended: BoxedError | None = None
        for _ in range(ATTEMPTS):
            # What ended while idle, sandbox or worker, has run nothing of this
            # call, so another one may.
            with boxes.using(self.policy) as box:
                try:
                    return _Attempt(self, box, boxes).run(on_open)
                except BoxGone:
                    log.gone()
                    boxes.discard(self.policy, box)
                except _Unread as unread:
                    ended = unread.error
                    log.unread(ended)
                    if boxes.closed:
                        break
                    if time.monotonic_ns() >= self.deadline:
                        raise self.timeout_error() from ended
        from .causes import of_loss

        raise ended or of_loss("as soon as it had started")

    def begin(self) -> None:
        if self.began:
            return
        self.began = time.monotonic_ns()
        timeout = self.terms.timeout
        # Beyond 30 years the number of nanoseconds would not fit.
        if timeout is not None and timeout < 1e9:
            self.deadline = self.began + int(timeout * _SECOND)

    def was_given_up(self) -> bool:
        """Whether what is raised comes from where the output was to go."""
        return self.streams is not None and self.streams.target_failed

    def wall_time(self) -> float:
        """Seconds until now, or until it was over; 0 if nothing began."""
        if not self.began:
            return 0.0
        return ((self.ended or time.monotonic_ns()) - self.began) / _SECOND

    def timeout_error(self) -> CallTimeout:
        seconds = self.terms.timeout
        return CallTimeout(f"the call took longer than {seconds} s")


class _Unread(Exception):
    """The worker ended before it had read the request, or could not be."""

    def __init__(self, error: BoxedError) -> None:
        self.error = error


class _Attempt:
    """One worker that a request is sent to, and what comes back from it,
    against one deadline."""

    def __init__(
        self, exchange: Exchange, box: Box, boxes: registry.Boxes
    ) -> None:
        """Take a worker, which run() gives up again.

        :raises BoxGone: the sandbox has none to give any more.
        """
        terms = exchange.terms
        self._exchange = exchange
        self._box = box
        self._boxes = boxes
        self._streams = Streams(terms.limits.output, terms.streams)
        standby = box.standbys.take()
        self._host_calls: HostCalls | None = None
        self._seat = _boxed.Seat()
        self._live = admission.enter(
            self._seat, lambda: standby or box.open_call()
        )
        exchange.begin()
        exchange.tier, exchange.ruler = box.tier, box.ruler
        exchange.streams = self._streams
        self._deadline = exchange.deadline
        step_done("ask for a worker")

    def run(self, on_open: Callable[[_boxed.Call], None] | None) -> Any:
        """Give the worker the request; return the function's value or raise.

        :raises _Unread: the request has to go to another worker.
        """
        try:
            if on_open is not None:
                on_open(self._live)
            return self._value(*self._answer())
        finally:
            if self._exchange.left is None:
                self._live.close()
            self._seat.leave()
            step_done("give the worker up")

    def _answer(self) -> tuple[int, bytes]:
        """Send the request; kind and body of the answer to it."""
        exchange = self._exchange
        request, terms = exchange.request, exchange.terms
        body = request.sizes if request.store >= 0 else request.stream()
        more = terms.sent(exchange.policy.limits)
        if terms.exposed is not None:
            self._expose(terms.exposed)
        self._live.request(body, request.store, *more)
        # While the worker works.
        self._box.standbys.prepare()
        step_done("send the request")
        try:
            event, kind, body = self._event()
        except LimitExceeded:
            if self._streams.target_failed:
                raise
            # It has printed, or asked, too much.
            self._end_worker()
            self._take_rest()
            raise
        if event != _boxed.CALL_ANSWERED:
            raise self._failure(event, body)
        step_done("wait for the answer")
        return kind, body

    def _event(self) -> tuple[int, int, Any]:
        """How the wait ends; output is forwarded meanwhile."""
        standbys = self._box.standbys
        limit = min(self._deadline, time.monotonic_ns() + prefork.PATIENCE)
        while True:
            event, kind, body = self._live.wait(limit)
            if event == _boxed.CALL_OUTPUT:
                self._streams.write(kind, body)
            elif event == _boxed.CALL_ASKED:
                self._host_call(body)
                limit = self._deadline
            elif event == _boxed.CALL_TIMEOUT and limit < self._deadline:
                limit = self._deadline
                standbys.open(trusted=False)
            else:
                break
        if event == _boxed.CALL_ANSWERED:
            self._streams.finish()
            if self._exchange.measured:
                # It ends while the answer is read.
                self._exchange.ended = time.monotonic_ns()
                self._exchange.killed = True
                self._live.kill()
            standbys.open(trusted=True)
        elif event in (_boxed.CALL_SETUP, _boxed.CALL_UNREAD):
            standbys.distrust()
        return event, kind, body

    def _expose(self, functions: HostFunctions) -> None:
        from .host_calls import HostCalls

        self._host_calls = HostCalls(functions, self._exchange.terms.limits)
        self._live.permit_host_calls(self._host_calls.most)

    def _host_call(self, body: bytes | int) -> None:
        """Make it, in this thread; its time is not the guest's."""
        assert self._host_calls is not None
        try:
            one = self._host_calls.taken(body, self._deadline / 1e9)
        except DecodingTimeout:
            raise self._exchange.timeout_error() from None
        began = time.monotonic_ns()
        told = one.made()
        if self._deadline != _NEVER:
            self._deadline += time.monotonic_ns() - began
            self._exchange.deadline = self._deadline
        self._live.answer_host_call(told)

    def _value(self, kind: int, body: bytes) -> Any:
        try:
            return answer.read(self._exchange, kind, body, self._live.store)
        except RemoteError as error:
            self._ask_of_memory(error)
            raise
        finally:
            if self._exchange.measured and self._exchange.report is None:
                self._exchange.left = self._live
                self._live.leave()
            step_done("decode the answer")

    def _ask_of_memory(self, error: RemoteError) -> None:
        """The kernel tells it when the worker is gone.

        :raises LimitExceeded: a better reason than what the guest has told.
        """
        from . import memory

        exchange, limits = self._exchange, self._exchange.terms.limits
        if not memory.is_to_be_asked(error, limits):
            return
        self._end_worker()
        if exchange.memory is None:
            return
        reason = memory.of_exception(error, exchange.memory, limits)
        if reason is not None:
            exchange.cause = "memory"
            raise reason from error

    def _failure(self, event: int, body: Any) -> Exception:
        """What an event means that is no answer; the worker is gone then, or
        else the sandbox."""
        if event == _boxed.CALL_SETUP:
            return self._setup_failure(body)
        if event == _boxed.CALL_UNREAD:
            return _Unread(self._error_of_event(event, body))
        short = self._live.shortage
        error: Exception
        if event == _boxed.CALL_TIMEOUT and short:
            error = OSError(short, os.strerror(short))
        else:
            error = self._error_of_event(event, body)
        self._end_worker()
        self._take_rest()
        return error

    def _take_rest(self) -> None:
        """What it had printed and nobody had read; it prints no more."""
        self._streams.finish(iter(self._live.rest, None))

    def _setup_failure(self, record: bytes) -> Exception:
        """What the worker told while its walls went up, or the zygote in its
        place: no guest can tell anything there."""
        from .._live.remedies import explain, is_shortage

        stage, number, _ = read_status(record)
        error = explain(self._box.tier, stage, number)
        return _Unread(error) if is_shortage(number) else error

    def _error_of_event(self, event: int, body: object) -> BoxedError:
        from . import causes

        report = self._live.report
        if event == _boxed.CALL_TIMEOUT:
            return self._exchange.timeout_error()
        if event == _boxed.CALL_PROTOCOL:
            return ProtocolError(f"{body}; it was thrown away")
        if self._boxes.closed:
            return causes.of_closing()
        if report is None:
            return causes.of_loss(self._box.log_text())
        limits = self._exchange.terms.limits
        return causes.of_death(report, self._live.memory, limits)

    def _end_worker(self) -> None:
        """Have the worker gone from the process table, and its end told; else
        the sandbox gone."""
        exchange, live = self._exchange, self._live
        exchange.ended = exchange.ended or time.monotonic_ns()
        if live.report is None:
            exchange.killed = True
            live.kill()
            if live.wait_end(kill_limit()) != _boxed.CALL_ENDED:
                # The next call finds it gone.
                self._box.close()
        exchange.report, exchange.memory = live.report, live.memory
