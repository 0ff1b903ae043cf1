"""The exception tree.

::

    BoxedError
      SetupError              a wall could not be raised; nothing ran
      SerializationError      also ValueError
        UnsafeResultError     the result holds a type nobody allowed
      CallTimeout             also TimeoutError
      CallCancelled           the caller ended it
      LimitExceeded           a resource ran out
      WorkerDied              the worker ended without an answer
      ProtocolError           the worker answered with something else
      RemoteError             the function raised
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ._outcome import Outcome


class BoxedError(Exception):
    """Base of every error that boxed raises about a call."""

    # The fields of the outcome, without the exception: it would be a cycle.
    _facts: Mapping[str, Any] | None = None

    @property
    def outcome(self) -> Outcome[Any] | None:
        """What became of the call, as :func:`boxed.call` returns it; None of
        an error that came up before there was one."""
        if self._facts is None:
            return None
        from ._outcome import Outcome

        return Outcome(exception=self, **self._facts)


class SetupError(BoxedError):
    """The sandbox could not be set up, so nothing of the call ran.

    :ivar stage: name of the step that failed, as in docs/design.rst.
    :ivar errno: error number of that step, or 0.
    :ivar remedy: what mends it, a command where there is one; may be empty.
    """

    def __init__(
        self,
        message: str,
        *,
        stage: str = "",
        errno: int = 0,
        remedy: str = "",
    ) -> None:
        text = f"{message}: {os.strerror(errno)}" if errno else message
        super().__init__(f"{text}; {remedy}" if remedy else text)
        self.stage = stage
        self.errno = errno
        self.remedy = remedy


class SerializationError(BoxedError, ValueError):
    """Function, argument or result cannot travel with this serializer."""


class UnsafeResultError(SerializationError):
    """The result holds something that the caller has not allowed.

    :ivar type_name: dotted name of the refused type, or None.
    """

    def __init__(self, message: str, type_name: str | None = None) -> None:
        super().__init__(message)
        self.type_name = type_name


class CallTimeout(BoxedError, TimeoutError):
    """The call took longer than its ``timeout``; its worker was killed."""


class CallCancelled(BoxedError):
    """The caller itself ended the call, as by closing its Sandbox."""


class LimitExceeded(BoxedError):
    """A call used up a resource.  Of ``memory`` it is a MemoryError too.

    :ivar resource: the field of :class:`Limits`.
    :ivar limit: what it was limited to, in the field's unit.
    :ivar used: what was measured, in the same unit; None where the kernel
        only tells that it was more.
    """

    # Defaults, since unpickling calls the class with the message alone.
    def __init__(
        self,
        message: str,
        resource: str = "",
        limit: float | None = None,
        used: float | None = None,
    ) -> None:
        super().__init__(message)
        self.resource = resource
        self.limit = limit
        self.used = used


class MemoryExceeded(LimitExceeded, MemoryError):
    """What is raised of ``memory``, so that it is caught with what a guest
    itself raises for want of it."""


class WorkerDied(BoxedError):
    """The worker ended without an answer.

    :ivar signal: number of the signal that ended it, or None.
    :ivar exitcode: its exit status, or None.  Both are None where the whole
        sandbox was lost and nothing is known.
    """

    def __init__(
        self,
        message: str,
        *,
        signal: int | None = None,
        exitcode: int | None = None,
    ) -> None:
        super().__init__(message)
        self.signal = signal
        self.exitcode = exitcode


class ProtocolError(BoxedError):
    """The worker's answer broke the protocol and was thrown away."""


class RemoteTraceback(Exception):
    """The traceback of a :class:`RemoteError`, as its cause: text only."""

    def __str__(self) -> str:
        return "\n" + str(self.args[0])


class RemoteError(BoxedError):
    """The function raised an exception inside the sandbox.

    It is also an instance of the nearest ordinary built-in exception of those
    that the guest's derived from: ``except ValueError:`` catches a
    ``json.JSONDecodeError``.  Everything it holds is text or plain values that
    the guest may have chosen; control characters are escaped.

    :ivar type_name: name of the guest's exception type.
    :ivar message: its text.
    :ivar args: its arguments, as far as they are None, bools, numbers, text,
        bytes, tuples and lists; others are the text of their ``repr()``.
    :ivar traceback: the remote traceback, at most 65536 characters: with
        causes, contexts and the members of an exception group as the
        interpreter prints them, and a gap in the middle where it is longer.
    :ivar notes: the notes that were added to it (PEP 678), at most 64.

    An ``OSError`` has its ``errno``, ``strerror``, ``filename`` and
    ``filename2``, an ``ImportError`` its ``name`` and ``path``, ``NameError``
    and ``AttributeError`` their ``name``, Unicode errors their ``encoding``,
    ``object``, ``start``, ``end`` and ``reason``; of ``SystemExit`` and
    ``StopIteration``, which it is no instance of, it has ``code`` and
    ``value``.
    """

    # What one has that a program makes itself, as its tests may.
    type_name: str = ""
    message: str = ""
    traceback: str = ""
    notes: tuple[str, ...] = ()

    # Names of the builtin exceptions that the guest's derives from.
    _bases: tuple[str, ...] = ()

    def __init__(self, *args: object) -> None:
        """Not the builtin's own, which may need others, or more of them."""

    def __str__(self) -> str:
        if not self.type_name:
            return Exception.__str__(self)
        if type(self) is RemoteError:
            return f"{self.type_name}: {self.message}"
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        from ._answers.remote_errors import names_of, remote_error

        fields = {name: getattr(self, name, None) for name in names_of(self)}
        values = (self._bases, self.args, fields, self.traceback)
        return remote_error, values, vars(self)
