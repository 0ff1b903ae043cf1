"""One call on a live sandbox, from the request to a value or an exception.

A call is a generator: it yields what it waits for, Start and the kinds of
attempt.py, and is sent what came.  So nothing here says how to wait: run()
does it in C, in its thread; an event loop watches descriptors, and has many
calls under way.
"""

from __future__ import annotations

import time

from .. import _boxed
from .._answers.value import Reading
from .._errors import BoxedError, CallTimeout
from .._live import log, registry
from .._live.box import BoxGone
from .attempt import Attempt, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._live.box import Box
    from .._live.registry import Boxes
    from .._policy.policy import Policy
    from .._wire.payload import Payload
    from .attempt import Steps
    from .causes import Report
    from .memory import Memory
    from .output import Streams
    from .terms import Terms

#: Workers that a request is sent to before one reads it: a standby that has
#: ended, a fresh one of a sandbox that has ended, one of a new sandbox.
ATTEMPTS = 3

_NEVER = (1 << 63) - 1
_SECOND = 1_000_000_000


class Start:
    """A sandbox for a policy: there, or to be started, which takes some 20 ms
    of a thread."""

    __slots__ = ("boxes", "policy")

    def __init__(self, boxes: Boxes, policy: Policy) -> None:
        self.boxes, self.policy = boxes, policy

    def block(self) -> Box:
        """The sandbox."""
        return self.boxes.box(self.policy)


class Exchange:
    """One call, whichever workers its request goes to.  Its timeout begins
    with the first of them, and no other has more of it.

    :ivar measured: whether to have the kernel's word of what was used, also
        where there is an answer.
    :ivar report: that word, once it is there, and `memory` with it.
    :ivar left: the call on which it comes where nobody has waited for it.
    :ivar live: its attempt's call.
    :ivar cancelled: whether nobody wants its value any more.
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
    live: _boxed.Call | None = None
    killed = cancelled = False
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

    def value(self, boxes: registry.Boxes) -> Any:
        """Run it, and return the function's value: steps(), in this thread."""
        return carried_out(self.steps(boxes))

    def cancel(self) -> None:
        """Have its worker killed, if there is or will be one; by another
        thread, or between two steps."""
        self.cancelled = True
        # Whichever of the two comes first, one of them sees the other.
        live = self.live
        if live is not None:
            live.kill()

    def steps(self, boxes: registry.Boxes) -> Steps:
        """The same, step by step.  Who does not go on to the end closes it,
        which ends the worker.

        :raises BoxedError: there is no value; the outcome says what became of
            the call.
        """
        try:
            return (yield from self._value(boxes))
        except BoxedError as error:
            if not self.was_given_up():
                from .outcomes import facts

                error._facts = facts(self, error)
                log.failed(error)
            raise
        finally:
            self.request.close()

    def _value(self, boxes: registry.Boxes) -> Steps:
        ended: BoxedError | None = None
        unread = gone = 0
        while unread < ATTEMPTS and gone < ATTEMPTS:
            # What ended while idle, sandbox or worker, has run nothing of this
            # call, so another one may.
            box = yield Start(boxes, self.policy)
            with boxes.using(box):
                try:
                    attempt = Attempt(self, box, boxes)
                    yield from attempt.open()
                    return (yield from attempt.run())
                except BoxGone:
                    # A dying one may have taken the attempts before.
                    gone += 1
                    log.gone()
                    boxes.discard(self.policy, box)
                except Unread as error:
                    unread += 1
                    ended = error.error
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

    def put_off(self, nanoseconds: int) -> None:
        """Move the deadline, if there is one."""
        if self.deadline != _NEVER:
            self.deadline += nanoseconds

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


def carried_out(steps: Steps) -> Any:
    """The value of a call, of which this thread waits for each step."""
    came: Any = None
    # In a list, and popped to be thrown: a name for it here would be a cycle.
    raised: list[BaseException] = []
    try:
        while True:
            wait = steps.throw(raised.pop()) if raised else steps.send(came)
            try:
                came = wait.block()
            except BaseException as error:
                raised.append(error)
    except StopIteration as done:
        return done.value
    finally:
        steps.close()
