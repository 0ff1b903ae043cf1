"""The exception tree, and the table that turns a guest's error into ours.

::

    BoxedError
      SetupError              a wall could not be raised; nothing ran
      SerializationError      also ValueError
        UnsafeResultError     the result holds a type nobody allowed
      CallTimeout             also TimeoutError
      LimitExceeded           a resource ran out
      WorkerDied              the worker ended without an answer
      ProtocolError           the worker answered with something else
      RemoteError             the function raised
"""

from __future__ import annotations

import builtins
import os

#: Notes that an exception of the guest's may have.
MAX_NOTES = 64


class BoxedError(Exception):
    """Base of every error that boxed raises about a call."""


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


class LimitExceeded(BoxedError):
    """A call used up a resource.

    :ivar resource: the field of :class:`Limits`, or ``'request'``.
    """

    # A default, since unpickling calls the class with the message alone.
    def __init__(self, message: str, resource: str = "") -> None:
        super().__init__(message)
        self.resource = resource


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

    For an ordinary built-in exception it is also an instance of that type,
    so ``except ValueError:`` works.  Everything it holds is text that the
    guest may have chosen; control characters are escaped.

    :ivar type_name: name of the guest's exception type.
    :ivar message: its text.
    :ivar traceback: the remote traceback, at most 65536 characters: with
        causes, contexts and the members of an exception group as the
        interpreter prints them, and a gap in the middle where it is longer.
    :ivar notes: the notes that were added to it (PEP 678), at most 64.
    """

    type_name: str
    message: str
    traceback: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if type(self) is RemoteError:
            return f"{self.type_name}: {self.message}"
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.type_name, self.message, self.traceback)
        number = getattr(self, "errno", None)
        return remote_error, (*state, number, self.notes)


# Not here: what steers control flow (KeyboardInterrupt, SystemExit,
# GeneratorExit, StopIteration, StopAsyncIteration), warnings, and groups.
_ORDINARY = (
    "ArithmeticError AssertionError AttributeError BlockingIOError"
    " BrokenPipeError BufferError ChildProcessError ConnectionAbortedError"
    " ConnectionError ConnectionRefusedError ConnectionResetError EOFError"
    " FileExistsError FileNotFoundError FloatingPointError ImportError"
    " IndentationError IndexError InterruptedError IsADirectoryError KeyError"
    " LookupError MemoryError ModuleNotFoundError NameError"
    " NotADirectoryError NotImplementedError OSError OverflowError"
    " PermissionError ProcessLookupError RecursionError ReferenceError"
    " RuntimeError SyntaxError SystemError TabError TimeoutError TypeError"
    " UnboundLocalError ValueError ZeroDivisionError"
)
_made: dict[str, type[RemoteError]] = {}


def _remote_class(name: str) -> type[RemoteError]:
    """Made when it is first needed: most programs need none."""
    if name not in _ORDINARY.split():
        return RemoteError
    made = _made.get(name)
    return made or _made.setdefault(name, _make_remote(name))


def _make_remote(name: str) -> type[RemoteError]:
    base = getattr(builtins, name)
    return type(
        f"Remote{name}",
        (RemoteError, base),
        {
            "__doc__": f"A {name} that the function raised in the sandbox.",
            "__module__": __name__,
        },
    )


def told_error(texts: list[str]) -> RemoteError:
    """The exception for what a guest tells of its own: type name, message,
    traceback, errno or nothing, and its notes.

    :raises ValueError: the texts are not those.
    """
    name, message, traceback, number, *notes = texts
    return remote_error(
        *(name, message, traceback),
        int(number) if number else None,
        tuple(notes[:MAX_NOTES]),
    )


def remote_error(
    type_name: str,
    message: str,
    traceback: str,
    number: int | None = None,
    notes: tuple[str, ...] = (),
) -> RemoteError:
    """The exception for a guest's: from a fixed table, never by import."""
    error = _remote_class(type_name)(message)
    error.type_name = type_name
    error.message = message
    error.traceback = traceback
    error.notes = notes
    if isinstance(error, OSError) and number is not None:
        error.errno = number
        error.strerror = message
    error.__cause__ = RemoteTraceback(traceback)
    return error
