"""How a value comes out: never by the serializer's own ``loads``, which would
run what a guest chose, but by JSON or the decoder in C, unless the caller
trusts the result.
"""

from __future__ import annotations

import sys

from .._errors import SerializationError, UnsafeResultError
from .._policy.checks import wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any


class DecodingTimeout(Exception):
    """The deadline passed while a result was being read."""


# The guest imports the caller's script under another name.
_SENT_AS = {"__main__": ("__main__", "__mp_main__")}


class Reading:
    """How a result is read.

    :param allow: classes that it may hold instances of.
    :param allow_setstate: the same, and their own ``__setstate__`` and
        ``__del__`` may run.
    :param trust_result: whether the serializer's own ``loads`` reads it.
    :param memory: bytes that it may take in memory, or None for what its
        length permits.
    :param serializer: the option that messages speak of.

    :raises TypeError: an allowed one is no class.
    """

    def __init__(
        self,
        *,
        allow: Iterable[type] = (),
        allow_setstate: Iterable[type] = (),
        trust_result: bool = False,
        memory: int | None = None,
        serializer: str = "pickle",
    ) -> None:
        self.serializer = serializer
        self.trust_result = trust_result
        self.memory = memory
        self.allow: dict[str, type] = {}
        self.states: dict[str, tuple[str, ...] | None] = {}
        self.builders: dict[str, Callable[..., Any]] = {}
        for cls in allow:
            self._add("allow", cls, own_code=False)
        for cls in allow_setstate:
            self._add("allow_setstate", cls, own_code=True)

    def within(self, memory: int) -> Reading:
        """The same, within as much memory if that is less."""
        if self.memory is None or self.memory <= memory:
            return self
        narrower = Reading(
            trust_result=self.trust_result,
            memory=memory,
            serializer=self.serializer,
        )
        narrower.allow, narrower.states = self.allow, self.states
        narrower.builders = self.builders
        return narrower

    def _add(self, option: str, cls: type, *, own_code: bool) -> None:
        # What list[int] is says that it is a class, and is none.
        if not issubclass(type(cls), type):
            raise wrong_type(option, "a list of classes", cls)
        built = _builders(cls)
        self.builders.update(built)
        if built:
            return
        generated = None
        if not own_code:
            from . import set_state

            generated = set_state.generated_names(cls)
        for name in self._names_of(cls):
            self.allow[name] = cls
            if own_code or generated is not None:
                self.states[name] = generated

    def _names_of(self, cls: type) -> Iterator[str]:
        """How guests may name it."""
        for module in _SENT_AS.get(cls.__module__, (cls.__module__,)):
            yield f"{module}:{cls.__qualname__}"
        # cloudpickle forgets what a class of the script is nested in.
        name = f"__main__:{cls.__name__}"
        nested = cls.__module__ == "__main__" and "." in cls.__qualname__
        if self.serializer == "auto" and nested and name not in self.allow:
            yield name

    def builders_until(
        self, deadline: float | None
    ) -> dict[str, Callable[..., Any]]:
        """The builders, for one decode."""
        return {
            name: lambda left, *pieces, make=make: _build(
                make, deadline, left, *pieces
            )
            for name, make in self.builders.items()
        }


def _build(
    make: Callable[..., Any], deadline: float | None, left: int, *pieces: Any
) -> tuple[Any, int]:
    """As the decoder calls a builder: with what there is room for."""
    from .frames import Budget, TookTooLong

    budget = Budget(left, deadline)
    try:
        return make(budget, *pieces), budget.taken
    except TookTooLong:
        raise DecodingTimeout from None


def _builders(cls: type) -> dict[str, Callable[..., Any]]:
    if cls.__module__.partition(".")[0] != "pandas":
        return {}
    from . import frames

    return frames.builders(cls)


def decode(
    serializer: str,
    data: bytes | memoryview,
    reading: Reading,
    *,
    buffers: Sequence[memoryview] = (),
    deadline: float | None = None,
) -> Any:
    """The value that an answer's bytes stand for.

    Arrays sent beside the stream are views of their buffers.

    :raises UnsafeResultError: it holds a type that is not allowed.
    :raises SerializationError: it is not what the serializer writes.
    :raises DecodingTimeout: the deadline passed meanwhile.
    """
    if reading.trust_result and serializer != "json":
        # The others' results are named, whatever their requests are.
        by_value = serializer in ("cloudpickle", "dill")
        return __import__(serializer if by_value else "_pickle").loads(
            data, buffers=buffers
        )
    try:
        if serializer == "json":
            from . import json_value

            return json_value.decode(data)
        return _decode_pickle(data, buffers, reading, deadline)
    except MemoryError:
        # What the decoder permits can still be more than there is.
        raise SerializationError(
            "the result cannot be decoded: there is not enough memory for it"
        ) from None


# Where frames are taken apart, under the names of their classes.
_FRAMES = "boxed._guest.pandas_frames."


def _decode_pickle(
    data: bytes | memoryview,
    buffers: Sequence[memoryview],
    reading: Reading,
    deadline: float | None,
) -> Any:
    from .. import _boxed

    try:
        return _boxed.decode(
            data,
            buffers=buffers,
            allow=reading.allow,
            states=reading.states,
            builders=reading.builders_until(deadline),
            max_memory=reading.memory or sys.maxsize,
            deadline=deadline,
        )
    except _boxed.DecodeError as error:
        late = isinstance(error.__cause__, DecodingTimeout)
        if late or error.reason == "deadline":
            raise DecodingTimeout from None
        from .text import printable

        text = printable(str(error), 500).replace(_FRAMES, "pandas.")
        if error.reason != "type":
            raise SerializationError(
                f"the result cannot be decoded: {text}"
            ) from None
        name = printable(error.type_name or "", 200).replace(
            _FRAMES, "pandas."
        )
        raise UnsafeResultError(
            f"the result holds a {name or 'type'} that is not allowed:"
            f" {text}; {_advice(error.option, name)}use"
            f" trust_result=True if you trust the function",
            name or None,
        ) from None


def _advice(option: str | None, name: str) -> str:
    """What helps, beside trusting the result: the option that permits it."""
    if name.partition(".")[0] in ("cloudpickle", "dill"):
        return (
            "it is how a class or function is sent as code: define the class"
            " in a module, and name it with allow=[...], or "
        )
    if option == "allow":
        return "name its class with allow=[...], or "
    if option == "allow_setstate":
        return (
            "if that may run on anything at all, name the class with"
            " allow_setstate=[...], or "
        )
    return ""


def refusal(serializer: str, name: str, message: str) -> SerializationError:
    """The error for a result that the guest's serializer refused."""
    how = "" if serializer == "auto" else f" with serializer={serializer!r}"
    return SerializationError(
        f"the result, a {name}, cannot be sent{how}: {message}"
    )
