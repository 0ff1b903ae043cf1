"""One call on a live sandbox, from the request to a value or an exception."""

from __future__ import annotations

import os
import time

from .. import _boxed
from .._answers.value import DecodingTimeout, Reading, decode, refusal
from .._errors import (
    BoxedError,
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    WorkerDied,
)
from .._live import admission, log, prefork, registry
from .._live.box import Box, BoxGone, read_status
from .._wire.payload import read_store
from .output import Streams
from .timing import step_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._policy.policy import Policy
    from .._wire.payload import Payload
    from .output import Target

#: Seconds that a killed worker has to be gone before the box is ended.
KILL_SECONDS = 2
#: Workers that a request is sent to before one reads it: a standby that has
#: ended, a fresh one of a sandbox that has ended, one of a new sandbox.
ATTEMPTS = 3

_SIGKILL, _SIGXCPU = 9, 24
_NEVER = (1 << 63) - 1
_SECOND = 1_000_000_000


def call(
    policy: Policy,
    request: Payload,
    *,
    timeout: float | None,
    reading: Reading,
    streams: tuple[Target, Target] = (None, None),
    boxes: registry.Boxes = registry.shared,
    on_open: Callable[[_boxed.Call], None] | None = None,
) -> Any:
    """Run one request, which is closed, and return the value it yields.

    :param streams: where stdout and stderr go.
    :param boxes: the table of sandboxes to use.
    :param on_open: is given the call before its request is sent, to be
        killed by another thread.
    """
    ended: BoxedError = WorkerDied("the sandbox ends as soon as it starts")
    timer = _Timeout(timeout)
    try:
        for _ in range(ATTEMPTS):
            # What ended while idle, sandbox or worker, has run nothing of this
            # call, so another one may.
            with boxes.using(policy) as box:
                try:
                    attempt = _Attempt(policy, box, timer, streams)
                    return attempt.run(request, reading, on_open)
                except BoxGone:
                    log.gone()
                    boxes.discard(policy, box)
                except _Unread as unread:
                    ended = unread.error
                    log.unread(ended)
                    if boxes.closed:
                        break
                    if timer.is_over():
                        raise timer.error() from ended
    except BoxedError as error:
        log.failed(error)
        raise
    finally:
        request.close()
    log.failed(ended)
    raise ended


class _Timeout:
    """When a call has to be over: its timeout begins with its first worker,
    and no other worker that its request goes to has more of it."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.deadline = _NEVER
        self._begun = False

    def begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        # Beyond 30 years the number of nanoseconds would not fit.
        if self._seconds is not None and self._seconds < 1e9:
            now = time.monotonic_ns()
            self.deadline = now + int(self._seconds * _SECOND)

    def is_over(self) -> bool:
        return time.monotonic_ns() >= self.deadline

    def error(self) -> CallTimeout:
        return CallTimeout(f"the call took longer than {self._seconds} s")


class _Unread(Exception):
    """The worker ended before it had read the request, or could not be."""

    def __init__(self, error: BoxedError) -> None:
        self.error = error


class _Attempt:
    """One worker that a request is sent to, and what comes back from it,
    against one deadline."""

    def __init__(
        self,
        policy: Policy,
        box: Box,
        timeout: _Timeout,
        streams: tuple[Target, Target],
    ) -> None:
        """Take a worker, which run() gives up again.

        :raises BoxGone: the sandbox has none to give any more.
        """
        self._policy = policy
        self._box = box
        self._timeout = timeout
        self._streams = Streams(policy.limits.output, streams)
        standby = box.standbys.take()
        self._seat = _boxed.Seat()
        self._live = admission.enter(
            self._seat, lambda: standby or box.open_call()
        )
        timeout.begin()
        self._began = time.monotonic_ns()
        self._deadline = timeout.deadline
        step_done("ask for a worker")

    def run(
        self,
        request: Payload,
        reading: Reading,
        on_open: Callable[[_boxed.Call], None] | None,
    ) -> Any:
        """Give the worker the request; return the function's value or raise.

        :raises _Unread: the request has to go to another worker.
        """
        try:
            if on_open is not None:
                on_open(self._live)
            return self._value(request, reading)
        finally:
            self._live.close()
            self._seat.leave()
            step_done("give the worker up")

    def _value(self, request: Payload, reading: Reading) -> Any:
        body = request.sizes if request.store >= 0 else request.stream()
        self._live.request(body, request.store)
        # While the worker works.
        self._box.standbys.prepare()
        step_done("send the request")
        kind, body = self._answer()
        step_done("wait for the answer")
        stream: bytes | memoryview = body
        buffers: list[memoryview] = []
        if kind == _boxed.FRAME_STORED:
            stream, buffers = self._open_stored(body)
        elif kind == _boxed.FRAME_NOTED:
            stream = self._without_note(body)
        elif kind != _boxed.FRAME_VALUE:
            raise self._failure(kind, body)
        try:
            value = decode(
                self._policy.serializer,
                stream,
                reading,
                buffers=buffers,
                deadline=self._deadline / _SECOND,
            )
        except DecodingTimeout:
            raise self._timeout.error() from None
        step_done("decode the answer")
        return value

    def _answer(self) -> tuple[int, bytes]:
        """Kind and body of the answer; output is forwarded meanwhile."""
        standbys = self._box.standbys
        limit = min(self._deadline, time.monotonic_ns() + prefork.PATIENCE)
        while True:
            event, kind, body = self._live.wait(limit)
            if event == _boxed.CALL_OUTPUT:
                self._take_output(kind, body)
            elif event == _boxed.CALL_TIMEOUT and limit < self._deadline:
                limit = self._deadline
                standbys.open(trusted=False)
            else:
                break
        if event == _boxed.CALL_ANSWERED:
            self._streams.finish()
            standbys.open(trusted=True)
            return kind, body
        if event == _boxed.CALL_SETUP:
            standbys.distrust()
            raise self._setup_failure(body)
        if event == _boxed.CALL_UNREAD:
            standbys.distrust()
            raise _Unread(self._death() if self._live.report else self._loss())
        if event == _boxed.CALL_ENDED:
            self._streams.finish()
            raise self._death()
        error = self._error_of_event(event, body)
        self._end_worker()
        raise error

    def _take_output(self, stream: int, data: bytes) -> None:
        try:
            self._streams.write(stream, data)
        except LimitExceeded:
            self._end_worker()
            raise

    def _setup_failure(self, record: bytes) -> Exception:
        """What the worker told while its walls went up, or the zygote in its
        place: no guest can tell anything there."""
        from .._live.remedies import explain, is_shortage

        stage, number, _ = read_status(record)
        error = explain(self._box.tier, stage, number)
        return _Unread(error) if is_shortage(number) else error

    def _error_of_event(self, event: int, body: object) -> Exception:
        if event == _boxed.CALL_TIMEOUT:
            short = self._live.shortage
            if short:
                return OSError(short, os.strerror(short))
            return self._timeout.error()
        if event == _boxed.CALL_PROTOCOL:
            return ProtocolError(f"{body}; it was thrown away")
        return self._loss()

    def _loss(self) -> WorkerDied:
        log = self._box.log_text()
        return WorkerDied(
            f"the sandbox was lost during the call {log}".strip()
        )

    def _open_stored(
        self, sizes: bytes
    ) -> tuple[memoryview, list[memoryview]]:
        """The parts of an answer in the store that the worker was given.

        Once sealed it stays as it is, whatever still lives of the worker.
        """
        try:
            _boxed.seal_store(self._live.store)
            return read_store(self._live.store, sizes)
        except (OSError, ValueError) as error:
            from .._live.remedies import is_shortage

            if isinstance(error, OSError) and is_shortage(error.errno or 0):
                # Of the caller's, who has to map it.
                raise
            raise ProtocolError(
                f"the answer is not as it was announced: {error}"
            ) from None

    def _without_note(self, body: bytes) -> memoryview:
        from .._answers.import_note import split_note

        seconds = (time.monotonic_ns() - self._began) / _SECOND
        try:
            times, value = split_note(body)
        except ValueError as error:
            raise ProtocolError(f"the answer is malformed: {error}") from None
        log.imported(times, seconds)
        return value

    def _end_worker(self) -> None:
        """Have the worker gone from the process table; else the sandbox."""
        self._live.kill()
        limit = time.monotonic_ns() + KILL_SECONDS * _SECOND
        if self._live.wait_end(limit) != _boxed.CALL_ENDED:
            # The next call finds it gone.
            self._box.close()
        # What it had printed and nobody had read; it prints no more.
        self._streams.finish(iter(self._live.rest, None))

    def _death(self) -> BoxedError:
        report = self._live.report
        status = report[0] if report is not None else 0
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if self._used_its_cpu_time(number):
                return LimitExceeded(
                    f"the call used {self._policy.limits.cpu_time} s of"
                    " processor time",
                    "cpu_time",
                )
            return WorkerDied(
                f"the worker was ended by signal {number}"
                f"{self._memory_remark()}",
                signal=number,
            )
        code = os.WEXITSTATUS(status)
        return WorkerDied(
            f"the worker exited with status {code} and no answer"
            f"{self._memory_remark() if code else ''}",
            exitcode=code,
        )

    def _memory_remark(self) -> str:
        """What native code makes of memory that it does not get is its own
        affair, and can be any signal."""
        report, limit = self._live.report, self._policy.limits.memory
        most = report[3] * 1024 if report is not None else 0
        if most < limit * 3 // 4:
            return ""
        return (
            f"; it had {most} bytes of memory, the interpreter's included,"
            f" and Limits(memory={limit}) may have been too little"
        )

    def _used_its_cpu_time(self, signal: int) -> bool:
        """SIGXCPU can be ignored; SIGKILL follows a second later.  A guest can
        send itself either, but not be charged time that it has not used.
        """
        report, limit = self._live.report, self._policy.limits.cpu_time
        if report is None or limit is None:
            return False
        # The kernel limits whole seconds.
        needed = -(-limit // 1) * 1e6
        return signal in (_SIGXCPU, _SIGKILL) and report[8] >= needed

    def _failure(self, kind: int, body: bytes) -> Exception:
        try:
            return self._failure_of_kind(kind, body)
        except ValueError as error:
            return ProtocolError(f"the answer is malformed: {error}")

    def _remote_error(self, texts: list[str]) -> BoxedError:
        from .._answers.remote_errors import error_from_texts

        error = error_from_texts(texts)
        if isinstance(error, (ImportError, PermissionError)):
            from .._answers.missing_modules import add_why

            add_why(error, self._policy.places, self._box.tier)
        return error

    def _failure_of_kind(self, kind: int, body: bytes) -> Exception:
        from .._answers.text import unpack

        if kind == _boxed.FRAME_ERROR:
            from .._wire.exception_format import MAX_MORE

            return self._remote_error(unpack(body, 4, MAX_MORE))
        if kind == _boxed.FRAME_REFUSED:
            return refusal(self._policy.serializer, *unpack(body, 2))
        if kind == _boxed.FRAME_TOO_LONG:
            return self._too_long(body)
        raise ValueError("it is of no known kind")

    def _too_long(self, body: bytes) -> LimitExceeded:
        limit, text = self._policy.limits.result, body.decode("ascii")
        # A guest may say so of any result, but not of one that would fit.
        if len(text) > 20 or not text.isdigit() or int(text) <= limit:
            raise ValueError("it is too long by no number of bytes")
        return LimitExceeded(
            f"the result takes {text} bytes; at most {limit} are accepted",
            "result",
        )
