"""sandboxed: a function whose calls are sandboxed."""

from __future__ import annotations

import operator
import os
from functools import update_wrapper
from inspect import iscoroutinefunction
from typing import Any, Generic, TypeVar, overload

from . import _boxed
from ._options import SANDBOX_OPTIONS
from ._policy.declared import documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from typing_extensions import ParamSpec, Unpack

    from ._options import SandboxOptions
    from ._outcome import Outcome
    from ._sandbox import Sandbox

    P = ParamSpec("P")
else:
    # Remove when Python 3.9, whose typing has no ParamSpec, is not supported.
    P = TypeVar("P")

T = TypeVar("T")


class Sandboxed(Generic[P, T]):
    """A function that runs in a sandbox when it is called.

    :ivar unboxed: the function as it was defined, which runs here.
    """

    unboxed: Callable[P, T]

    def __init__(
        self, function: Callable[P, T], options: Mapping[str, Any]
    ) -> None:
        update_wrapper(self, function)
        self.unboxed = function
        self._options = options
        # With the process in which it was made.
        self._own: tuple[int, Sandbox] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns or raises; see :meth:`Sandbox.run`.  Of an
        ``async`` function, a coroutine that comes to it."""
        if _boxed.is_guest():
            # As it calls itself, or another one that is sandboxed.
            return self.unboxed(*args, **kwargs)
        if iscoroutinefunction(self.unboxed):
            return self._awaitable(args, kwargs)  # type: ignore[return-value]
        value: T = self._sandbox().run(self.unboxed, args, kwargs)
        return value

    async def _awaitable(self, args: Any, kwargs: Any) -> Any:
        from ._calls.in_loop import carried_out, encoded

        sandbox = self._sandbox()
        exchange = await encoded(
            lambda: sandbox._exchange(
                "sandboxed", self.unboxed, args, kwargs, {}
            )
        )
        return await carried_out(exchange.steps(sandbox._boxes))

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Outcome[T]:
        """What became of the call; see :meth:`Sandbox.call`."""
        return self._sandbox().call(self.unboxed, args, kwargs)

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future of the call; see :meth:`Sandbox.submit`."""
        return self._sandbox().submit(self.unboxed, args, kwargs)

    def _sandbox(self) -> Sandbox:
        """The function's own, which starts with its first call."""
        if self._own is None or self._own[0] != os.getpid():
            from ._sandbox import Sandbox

            # It lives as long as the program, as the function does.
            self._own = os.getpid(), Sandbox(**self._options)
            self._own[1]._boxes.is_kept = True
        return self._own[1]

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Of a method, the one of an instance."""
        if instance is None:
            return self
        method = self.unboxed.__get__(instance, owner)
        bound: Sandboxed[Any, T] = Sandboxed(method, self._options)
        bound._sandbox = self._sandbox  # type: ignore[method-assign]
        return bound

    def __reduce__(self) -> tuple[Any, ...]:
        # Sent along with a function that refers to it: inside it is what it
        # was before.
        return operator.getitem, ((self.unboxed,), 0)

    def __repr__(self) -> str:
        return f"<sandboxed {self.unboxed!r}>"


@overload
def sandboxed(function: Callable[P, T], /) -> Sandboxed[P, T]: ...
@overload
def sandboxed(
    **options: Unpack[SandboxOptions],
) -> Callable[[Callable[P, T]], Sandboxed[P, T]]: ...
def sandboxed(function: Any = None, /, **options: Any) -> Any:
    """Decorate a function: its calls run in a sandbox.

    >>> @sandboxed(timeout=5)
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    >>> double.call(21).cause
    'returned'
    >>> double.submit(4).result()
    8
    >>> double.unboxed(1)
    2

    It goes inside as a function of the caller's script does, by value, with
    what it refers to, and :class:`Sandbox` says what its options mean: the
    function has one of its own, from its first call to the program's end.
    Inside it calls itself, and others that are sandboxed, as plain functions.
    A method is sent with its instance, and what it changes in that is lost.

    :options:

    :raises TypeError: it decorates what is no function.
    :raises: what :class:`Sandbox` raises for an option's impossible value.
    """
    given_options("sandboxed()", options, SANDBOX_OPTIONS)

    def decorate(function: Any) -> Any:
        if isinstance(function, (staticmethod, classmethod)):
            kind = type(function).__name__
            raise TypeError(f"put @{kind} above @sandboxed, not below it")
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"sandboxed() takes a function, not {function!r}")
        return Sandboxed(function, options)

    return decorate if function is None else decorate(function)


sandboxed.__doc__ = documented(sandboxed.__doc__, SANDBOX_OPTIONS)
