"""Limits: what one call may use up.

Each is declared once, as a field of `_Declared`: its type, default, check,
meaning and place on the command line.  A type checker makes of the fields what
can be given and what can be read.
"""

from __future__ import annotations

from ._policy import checks
from ._policy.declared import Option, documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import dataclass_transform

    T = TypeVar("T")
else:
    from ._policy.declared import dataclass_transform

_MIB = 1 << 20
# Beyond what any machine has, and within what the kernel takes.
_MOST = 1 << 62


class Size:
    """Bytes, as a type checker has them: text may be given, and is a number
    afterwards."""

    if TYPE_CHECKING:

        def __get__(self, one: object, kind: object) -> int:
            return 0

        def __set__(self, one: object, value: int | str) -> None: ...


def _seconds(text: str, *, default: float | None) -> Any:
    def check(name: str, value: Any) -> float | None:
        return checks.seconds(name, value, infinite=False)

    return Option(default, check, text, {"type": float, "metavar": "SECONDS"})


def _count(text: str, *, default: int, low: int, high: int) -> Any:
    def check(name: str, value: Any) -> int:
        return checks.whole(name, value, low, high)

    return Option(default, check, text, {"type": int, "metavar": "N"})


def _size(text: str, *, default: int, low: int) -> Any:
    def check(name: str, value: Any) -> int:
        return checks.size(name, value, low, _MOST)

    return Option(default, check, text, {"metavar": "BYTES"})


class _Checked:
    """Has what a type checker makes of the fields by itself."""

    __slots__ = ()

    def __init__(self, **limits: Any) -> None:
        given = given_options("Limits()", limits, LIMITS)
        for name, limit in LIMITS.items():
            value = limit.check(name, given.get(name, limit.default))
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_named", frozenset(limits))


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(_seconds, _count, _size),
)
def _record(kind: type[T]) -> type[T]:
    return kind


@_record
class _Declared(_Checked):
    """The limits; nothing but these."""

    __slots__ = ()

    cpu_time: float | None = _seconds(
        "seconds of processor time, of all threads together, as the scheduler"
        " measures it; None for no limit.  Each further process of a call has"
        " as much by itself, rounded up to whole seconds (``RLIMIT_CPU``).",
        default=None,
    )
    memory: Size = _size(
        "bytes of private memory above what the interpreter and the preloaded"
        " modules have at the start (``RLIMIT_DATA``, which since Linux 4.7"
        " counts anonymous mappings).  Each process of a call has as much."
        "  Where calls have cgroups, all of one together, its files in /tmp"
        " included, has this, what the interpreter has, the result, and some"
        " MiB.  Elsewhere a call that is seen to have more is ended, and"
        " address space is bounded by twice that and 1 GiB, or by six times"
        " that where that is less.",
        default=1024 * _MIB,
        low=_MIB,
    )
    threads: int = _count(
        "threads of the call, the first one included.  Exact where the tier"
        " has namespaces (``RLIMIT_NPROC`` counts per uid and user namespace);"
        " elsewhere 512 more, since others of the uid count too.  Where the"
        " guest has the caller's uid, in rootless and landlock, all sandboxes"
        " together leave a quarter of the caller's own ``RLIMIT_NPROC`` to its"
        " other programs.",
        default=64,
        low=1,
        high=512,
    )
    processes: int = _count(
        "processes of the call, the first one included.  1, the default,"
        " forbids fork and exec; more need a tier with namespaces.  One more"
        " is EAGAIN, a BlockingIOError.  Programs other than the interpreter"
        " are not there unless ``read`` shows them.",
        default=1,
        low=1,
        high=256,
    )
    open_files: int = _count(
        "descriptors (``RLIMIT_NOFILE``).",
        default=256,
        low=16,
        high=4096,
    )
    file_size: Size = _size(
        "bytes of any one file (``RLIMIT_FSIZE``).",
        default=64 * _MIB,
        low=0,
    )
    tmp_size: Size = _size(
        "bytes of /tmp, and as many of /dev/shm; they have room for 4096 files"
        " each.",
        default=64 * _MIB,
        low=4096,
    )
    output: Size = _size(
        "bytes of stdout, and as many of stderr.",
        default=16 * _MIB,
        low=0,
    )
    result: Size = _size(
        "bytes of the serialised result, with its arrays.  Its value takes at"
        " most 64 MiB and 32 times as much in the caller, and no more than"
        " ``memory``.",
        default=64 * _MIB,
        low=0,
    )
    request: Size = _size(
        "bytes of the serialised function and arguments, with their arrays.",
        default=64 * _MIB,
        low=0,
    )
    host_calls: int = _count(
        "calls of the functions that ``expose`` gives it.",
        default=10_000,
        low=0,
        high=1 << 40,
    )
    host_bytes: Size = _size(
        "bytes of the serialised arguments of all those calls together.",
        default=64 * _MIB,
        low=0,
    )


LIMITS: dict[str, Option] = {
    name: field
    for name, field in vars(_Declared).items()
    if isinstance(field, Option)
}


# Of a sandbox as a whole, or of what stands before there is a call.
_OF_A_SANDBOX = ("processes", "tmp_size")


class Limits(_Declared):
    """What one call may use up; every call has all of them.

    Bytes can be given as text, in units of 1024: ``'512K'``, ``'256M'``,
    ``'1.5G'``, ``'1T'``.

    :options:

    They cannot be changed: a sandbox has those that it was made with.

    :raises ValueError: a value is out of range.
    :raises TypeError: a value is not a number.
    """

    __slots__ = (*sorted(LIMITS), "_named")

    if TYPE_CHECKING:

        @property
        def _named(self) -> frozenset[str]:
            """Those that were given, be it as they are by default."""

    def _within(self, sandbox: Limits) -> Limits:
        """Those of one call on a sandbox: what is not named here is as there.

        :raises ValueError: one is wider than the sandbox's, or of those that
            a sandbox is made with.
        """
        values = sandbox._values()
        for name in sorted(self._named):
            wanted, most = getattr(self, name), values[name]
            if wanted == most:
                continue
            if name in _OF_A_SANDBOX:
                raise ValueError(
                    f"limits: {name}={wanted!r} for one call; a Sandbox is"
                    f" made with its {name}, which is {most!r} here"
                )
            if wanted is None or (most is not None and wanted > most):
                raise ValueError(
                    f"limits: {name}={wanted!r} is wider than the Sandbox's"
                    f" own, which is {most!r}"
                )
            values[name] = wanted
        return sandbox if values == sandbox._values() else Limits(**values)

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in LIMITS}

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Limits cannot be changed: {name}; make one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Limits cannot be changed: {name}; make one")

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self._values(), self._named)

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in LIMITS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in sorted(LIMITS))
        return f"Limits({', '.join(values)})"


def _made(values: dict[str, Any], named: frozenset[str]) -> Limits:
    limits = Limits(**values)
    object.__setattr__(limits, "_named", named)
    return limits


Limits.__doc__ = documented(Limits.__doc__, LIMITS)

DEFAULT = Limits()
