"""One attempt at a call: a worker that its request is sent to, and what comes
back from it.

It yields what it waits for.  Each kind says by itself how a thread waits for
it that has nothing else to do, which is what block() does, in C and without
the GIL.  A loop has its own way for each; what is sent into the attempt is the
same.
"""

from __future__ import annotations

import os
import time

from .. import _boxed
from .._answers.value import DecodingTimeout
from .._errors import BoxedError, LimitExceeded, ProtocolError, RemoteError
from .._live import admission, prefork
from .._live.box import Box, kill_limit, read_status
from . import answer
from .output import Streams
from .timing import step_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from .._live import registry
    from . import host_calls
    from .call import Exchange
    from .host_calls import HostCalls, HostFunctions

    Steps = Generator[Any, Any, Any]


class Room:
    """The end of another call, for what this one is short of."""

    __slots__ = ("seat", "seconds")

    def __init__(self, seat: _boxed.Seat, seconds: float) -> None:
        self.seat, self.seconds = seat, seconds

    def block(self) -> bool:
        """False: there is none whose end could come."""
        return self.seat.wait(self.seconds)


class Event:
    """What happens next in the call."""

    __slots__ = ("deadline", "live")

    def __init__(self, live: _boxed.Call, deadline: int) -> None:
        self.live, self.deadline = live, deadline

    def block(self) -> tuple[int, int, Any]:
        """As of ``_boxed.Call.wait()``."""
        return self.live.wait(self.deadline)


class End:
    """The worker's end."""

    __slots__ = ("deadline", "live")

    def __init__(self, live: _boxed.Call, deadline: int) -> None:
        self.live, self.deadline = live, deadline

    def block(self) -> int:
        """As of ``_boxed.Call.wait_end()``."""
        return self.live.wait_end(self.deadline)


class HostAnswer:
    """What becomes of a host call."""

    __slots__ = ("one",)

    def __init__(self, one: host_calls.HostCall) -> None:
        self.one = one

    def block(self) -> bytes:
        """What the guest is told."""
        return self.one.made()


class Unread(Exception):
    """The worker ended before it had read the request, or could not be."""

    def __init__(self, error: BoxedError) -> None:
        self.error = error


class Attempt:
    """One worker that a request is sent to, and what comes back from it,
    against one deadline."""

    def __init__(
        self, exchange: Exchange, box: Box, boxes: registry.Boxes
    ) -> None:
        terms = exchange.terms
        self._exchange = exchange
        self._box = box
        self._boxes = boxes
        self._streams = Streams(terms.limits.output, terms.streams)
        self._host_calls: HostCalls | None = None
        self._seat = _boxed.Seat()

    def open(self) -> Steps:
        """Take a worker, which run() gives up again.

        :raises BoxGone: the sandbox has none to give any more.
        """
        exchange, box = self._exchange, self._box
        standby = box.standbys.take()
        self._live = yield from admission.entering(
            self._seat, lambda: standby or box.open_call(), Room
        )
        exchange.begin()
        exchange.tier, exchange.ruler = box.tier, box.ruler
        exchange.streams = self._streams
        self._deadline = exchange.deadline
        step_done("ask for a worker")

    def run(self) -> Steps:
        """Give the worker the request; return the function's value or raise.

        :raises Unread: the request has to go to another worker.
        """
        exchange = self._exchange
        try:
            exchange.live = self._live
            if exchange.cancelled:
                self._live.kill()
            kind, body = yield from self._answer()
            return (yield from self._value(kind, body))
        finally:
            exchange.live = None
            if exchange.left is None:
                self._live.close()
            self._seat.leave()
            step_done("give the worker up")

    def _answer(self) -> Steps:
        """Send the request; kind and body of the answer to it."""
        exchange = self._exchange
        request, terms = exchange.request, exchange.terms
        body = request.sizes if request.store >= 0 else request.stream()
        more = terms.sent(exchange.policy.limits, exchange.ruler)
        if terms.exposed is not None:
            self._expose(terms.exposed)
        self._live.request(body, request.store, *more)
        # While the worker works.
        self._box.standbys.prepare()
        step_done("send the request")
        try:
            event, kind, body = yield from self._event()
        except LimitExceeded:
            if self._streams.target_failed:
                raise
            # It has printed, or asked, too much.
            yield from self._end_worker()
            self._take_rest()
            raise
        if event != _boxed.CALL_ANSWERED:
            raise (yield from self._failure(event, body))
        step_done("wait for the answer")
        return kind, body

    def _event(self) -> Steps:
        """How the wait ends; output is forwarded meanwhile."""
        standbys = self._box.standbys
        limit = min(self._deadline, time.monotonic_ns() + prefork.PATIENCE)
        while True:
            event, kind, body = yield Event(self._live, limit)
            if event == _boxed.CALL_OUTPUT:
                self._streams.write(kind, body)
            elif event == _boxed.CALL_ASKED:
                yield from self._host_call(body)
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

    def _host_call(self, body: bytes | int) -> Steps:
        """Have it made; its time is not the guest's."""
        assert self._host_calls is not None
        try:
            one = self._host_calls.taken(body, self._deadline / 1e9)
        except DecodingTimeout:
            raise self._exchange.timeout_error() from None
        began = time.monotonic_ns()
        told = yield HostAnswer(one)
        self._exchange.put_off(time.monotonic_ns() - began)
        self._deadline = self._exchange.deadline
        self._live.answer_host_call(told)

    def _value(self, kind: int, body: bytes) -> Steps:
        try:
            return answer.read(self._exchange, kind, body, self._live.store)
        except RemoteError as error:
            yield from self._ask_of_memory(error)
            raise
        finally:
            if self._exchange.measured and self._exchange.report is None:
                self._exchange.left = self._live
                self._live.leave()
            step_done("decode the answer")

    def _ask_of_memory(self, error: RemoteError) -> Steps:
        """The kernel tells it when the worker is gone.

        :raises LimitExceeded: a better reason than what the guest has told.
        """
        from . import memory

        exchange, limits = self._exchange, self._exchange.terms.limits
        if not memory.is_to_be_asked(error, limits):
            return
        yield from self._end_worker()
        if exchange.memory is None:
            return
        reason = memory.of_exception(error, exchange.memory, limits)
        if reason is not None:
            exchange.cause = "memory"
            raise reason from error

    def _failure(self, event: int, body: Any) -> Steps:
        """What an event means that is no answer; the worker is gone then, or
        else the sandbox."""
        if event == _boxed.CALL_SETUP:
            return self._setup_failure(body)
        if event == _boxed.CALL_UNREAD:
            return Unread(self._error_of_event(event, body))
        short = self._live.shortage
        error: Exception
        if event == _boxed.CALL_TIMEOUT and short:
            error = OSError(short, os.strerror(short))
        else:
            error = self._error_of_event(event, body)
        yield from self._end_worker()
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
        return Unread(error) if is_shortage(number) else error

    def _error_of_event(self, event: int, body: object) -> BoxedError:
        from . import causes

        report = self._live.report
        if event == _boxed.CALL_TIMEOUT:
            return self._exchange.timeout_error()
        if event == _boxed.CALL_PROTOCOL:
            return ProtocolError(f"{body}; it was thrown away")
        if self._boxes.closed:
            return causes.of_closing()
        if self._exchange.cancelled:
            return causes.of_cancelling()
        if report is None:
            return causes.of_loss(self._box.log_text())
        limits = self._exchange.terms.limits
        return causes.of_death(report, self._live.memory, limits)

    def _end_worker(self) -> Steps:
        """Have the worker gone from the process table, and its end told; else
        the sandbox gone."""
        exchange, live = self._exchange, self._live
        exchange.ended = exchange.ended or time.monotonic_ns()
        if live.report is None:
            exchange.killed = True
            live.kill()
            ended = yield End(live, kill_limit())
            if ended != _boxed.CALL_ENDED:
                # The next call finds it gone.
                self._box.close()
        exchange.report, exchange.memory = live.report, live.memory
