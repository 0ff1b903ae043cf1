"""The future of a call that is under way in the driver's thread."""

from __future__ import annotations

from concurrent import futures

from . import driver
from .in_loop import carried_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from .._live.registry import Boxes
    from .call import Exchange

# As concurrent.futures has them.
_PENDING, _RUNNING = "PENDING", "RUNNING"
_CANCELLED = "CANCELLED_AND_NOTIFIED"

# A loop keeps no task that it runs.
_tasks: set[asyncio.Task[None]] = set()


class SandboxFuture(futures.Future):  # type: ignore[type-arg]
    """What comes of a call, as a :class:`concurrent.futures.Future` that can
    be cancelled while the call runs, too."""

    def __init__(self) -> None:
        super().__init__()
        #: Until it is over.
        self._exchange: Exchange | None = None

    def cancel(self) -> bool:
        """Cancel the call; a guest that runs ends at once.

        :return: False where it has ended already.
        """
        with self._condition:
            if self.cancelled():
                return True
            if self._state not in (_PENDING, _RUNNING):
                return False
            self._state = _CANCELLED
            for waiter in self._waiters:
                waiter.add_cancelled(self)
            self._condition.notify_all()
        exchange = self._exchange
        if exchange is not None:
            exchange.cancel()
        self._invoke_callbacks()  # type: ignore[attr-defined]
        return True

    def begin(self) -> bool:
        """The call begins; false where it was cancelled."""
        with self._condition:
            if self._state != _PENDING:
                return False
            self._state = _RUNNING
            return True

    def finish(self, value: Any, error: BaseException | None = None) -> None:
        """It has ended; in vain, if it was cancelled by then."""
        self._exchange = None
        try:
            if error is None:
                self.set_result(value)
            else:
                self.set_exception(error)
        except futures.InvalidStateError:
            pass


def start(future: SandboxFuture, boxes: Boxes, over: Any = None) -> None:
    """Have its call under way; in the driver's thread.

    :param over: is called there when the call has ended, and that is told.
    """
    task = driver.loop().create_task(_carried_out(future, boxes, over))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _carried_out(future: SandboxFuture, boxes: Boxes, over: Any) -> None:
    exchange = future._exchange
    value, raised = None, None
    try:
        if exchange is not None:
            value = await carried_out(exchange.steps(boxes))
    except BaseException as error:
        raised = error
        # Whose frames would keep what the call was given.
        raised.__traceback__ = None
    future.finish(value, raised)
    # It refers to this frame otherwise.
    raised = None
    if over is not None:
        over()
