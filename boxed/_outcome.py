"""Outcome: what became of a call; Usage: what it used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar, Generic, NoReturn, TypeVar

    T_co = TypeVar("T_co", covariant=True)
else:
    T_co = "T_co"


class _Record:
    """Fields that are set once, by keyword; those left out have a default."""

    __slots__ = ()
    _DEFAULTS: ClassVar[Mapping[str, Any]]

    def __init__(self, **fields: Any) -> None:
        for name, default in self._DEFAULTS.items():
            object.__setattr__(self, name, fields.pop(name, default))
        if fields:
            raise TypeError(f"{type(self).__name__} has no {min(fields)!r}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        what = type(self).__name__
        raise AttributeError(f"of {what}, {name} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._DEFAULTS}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, _Record):
            return NotImplemented
        # Of a tuple, what is the same object is equal, be it an array.
        fields = tuple(self._fields().values())
        return fields == tuple(other._fields().values())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self._fields())

    def _is_shown(self, name: str, value: object) -> bool:
        return bool(value != self._DEFAULTS[name])

    def __repr__(self) -> str:
        shown = [
            f"{name}={_short(value)}"
            for name, value in self._fields().items()
            if self._is_shown(name, value)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def _remade(cls: type[Any], fields: dict[str, Any]) -> Any:
    return cls(**fields)


_MOST_SHOWN = 200


def _short(value: object) -> str:
    if type(value) is float:
        return f"{value:.6g}"
    text = repr(value)
    if len(text) <= _MOST_SHOWN or isinstance(value, _Record):
        return text
    return f"{text[: _MOST_SHOWN // 2]}[...]{text[-_MOST_SHOWN // 2 :]}"


#: The fields of a Usage that the caller itself knows.
_COUNTED = frozenset(
    {"output_bytes", "request_bytes", "result_bytes", "wall_time"}
)


class Usage(_Record):
    """What a call used.

    The kernel counts times, memory, faults and switches, and tells them of
    the worker's whole life as it ends (``wait4(2)``); the caller counts the
    rest.  The call does not wait for that end: whoever first looks at one of
    the kernel's figures does, if it has not come by then.

    :ivar wall_time: seconds from the request to the answer or the end, as
        the caller's clock has them.
    :ivar user_time: seconds of processor time outside the kernel.
    :ivar system_time: seconds of it in the kernel, the raising of the walls
        included.
    :ivar peak_memory: bytes of memory that the largest process had at its
        height, the interpreter's included; or all of the call together, if
        that was more and has a cgroup to be counted in.
    :ivar request_bytes: bytes of function and arguments, as they were sent.
    :ivar result_bytes: bytes of the answer.
    :ivar output_bytes: bytes that were read of stdout and stderr.
    :ivar page_faults: how often memory was not yet there when it was touched.
    :ivar context_switches: how often another process had its turn.
    :ivar measured: whether the kernel's figures are there; else they are 0.
        :func:`boxed.call` has them unless nothing ran, the sandbox was lost,
        or a forked child asks for them first.  ``run()`` does not ask where
        the guest has answered, so of a :exc:`RemoteError` that it raises they
        are not there, unless memory may be why.
    """

    __slots__ = (
        "_later",
        "context_switches",
        "measured",
        "output_bytes",
        "page_faults",
        "peak_memory",
        "request_bytes",
        "result_bytes",
        "system_time",
        "user_time",
        "wall_time",
    )
    _DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "wall_time": 0.0,
        "user_time": 0.0,
        "system_time": 0.0,
        "peak_memory": 0,
        "request_bytes": 0,
        "result_bytes": 0,
        "output_bytes": 0,
        "page_faults": 0,
        "context_switches": 0,
        "measured": False,
    }

    # None once it was called.
    _later: Callable[[], Mapping[str, Any]] | None

    @classmethod
    def _told_later(
        cls, fields: Mapping[str, Any], later: Callable[[], Mapping[str, Any]]
    ) -> Usage:
        """One with these fields; the others are asked for when they are
        needed."""
        made = cls.__new__(cls)
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        object.__setattr__(made, "_later", later)
        return made

    def _set_told(self, told: Mapping[str, Any]) -> None:
        for name, default in self._DEFAULTS.items():
            if name not in _COUNTED:
                object.__setattr__(self, name, told.get(name, default))
        object.__setattr__(self, "_later", None)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """A field that is not there yet."""
            if name not in self._DEFAULTS:
                raise AttributeError(f"Usage has no {name!r}")
            later = self._later
            # Else another thread has asked meanwhile.
            if later is not None:
                self._set_told(later())
            return object.__getattribute__(self, name)

    wall_time: float
    user_time: float
    system_time: float
    peak_memory: int
    request_bytes: int
    result_bytes: int
    output_bytes: int
    page_faults: int
    context_switches: int
    measured: bool


if TYPE_CHECKING:

    class _Of(_Record, Generic[T_co]):
        """Of a type of value."""

else:

    class _Of(_Record):
        """Of a type of value, which is a type checker's affair."""

        __slots__ = ()
        # types.GenericAlias, without that import.
        __class_getitem__ = classmethod(type(list[int]))


class Outcome(_Of[T_co]):
    """What became of a call.

    Each field rests on what the caller or the kernel has seen, as
    docs/outcomes.rst says.

    :ivar cause: ``'returned'``, or why there is no value.
    :ivar value: what the function returned; None if it did not.
    :ivar exception: what :func:`boxed.run` would have raised, or None.
    :ivar usage: what the call used, a :class:`Usage`.
    :ivar stdout: the text that the function printed, also before it raised
        or was ended; empty if it went elsewhere.
    :ivar stderr: the same of stderr.
    :ivar exitcode: the exit status of a worker that ended by itself.
    :ivar signal: the number of the signal that ended it.
    :ivar tier: in which tier it ran; empty if it did not.
    :ivar walls: the names of the walls that stood, as ``boxed doctor`` has
        them.
    """

    __slots__ = (
        "cause",
        "exception",
        "exitcode",
        "signal",
        "stderr",
        "stdout",
        "tier",
        "usage",
        "value",
        "walls",
    )
    _DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "cause": "",
        "value": None,
        "exception": None,
        "stdout": "",
        "stderr": "",
        "exitcode": None,
        "signal": None,
        "tier": "",
        "walls": (),
        "usage": Usage(),
    }

    cause: str
    value: T_co
    exception: BaseException | None
    stdout: str
    stderr: str
    exitcode: int | None
    signal: int | None
    tier: str
    walls: tuple[str, ...]
    usage: Usage

    def _is_shown(self, name: str, value: object) -> bool:
        # Comparing a value may do anything, and the walls are many.
        if name == "value":
            return self.exception is None
        return name != "walls" and super()._is_shown(name, value)

    def unwrap(self) -> T_co:
        """The value.

        :raises: the exception, if there is one.
        """
        if self.exception is not None:
            raise self.exception
        return self.value
