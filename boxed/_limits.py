"""Limits: what one call may use up."""

from __future__ import annotations

from ._policy import checks
from ._policy.declared import Option, documented, given_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypedDict

    from typing_extensions import Unpack
else:
    from ._policy.declared import TypedDict

_MIB = 1 << 20
# Beyond what any machine has, and within what the kernel takes.
_MOST = 1 << 62


class LimitValues(TypedDict, total=False):
    """The limits that :class:`boxed.Limits` takes."""

    cpu_time: float | None
    memory: int | str
    threads: int
    processes: int
    open_files: int
    file_size: int | str
    tmp_size: int | str
    output: int | str
    result: int | str
    request: int | str


def _seconds(name: str, value: Any) -> float | None:
    return checks.seconds(name, value, infinite=False)


def _count(default: int, low: int, high: int, text: str) -> Option:
    def check(name: str, value: Any) -> int:
        return checks.whole(name, value, low, high)

    return Option(default, check, text, {"type": int, "metavar": "N"})


def _size(default: int, low: int, text: str) -> Option:
    def check(name: str, value: Any) -> int:
        return checks.size(name, value, low, _MOST)

    return Option(default, check, text, {"metavar": "BYTES"})


LIMITS = {
    "cpu_time": Option(
        None,
        _seconds,
        "seconds of processor time, of all threads together, rounded up to"
        " whole ones; None for no limit (``RLIMIT_CPU``, which counts each"
        " process by itself).",
        {"type": float, "metavar": "SECONDS"},
    ),
    "memory": _size(
        1024 * _MIB,
        _MIB,
        "bytes of private memory above what the interpreter and the preloaded"
        " modules have at the start (``RLIMIT_DATA``, which since Linux 4.7"
        " counts anonymous mappings).  Each process of a call has as much."
        "  The first thread's stack can grow to as much besides, and address"
        " space to twice that and 1 GiB, or to six times that where that is"
        " less.",
    ),
    "threads": _count(
        64,
        1,
        512,
        "threads of the call, the first one included.  Exact where the tier"
        " has namespaces (``RLIMIT_NPROC`` counts per uid and user namespace);"
        " elsewhere 512 more, since others of the uid count too.  Where the"
        " guest has the caller's uid, in rootless and landlock, all sandboxes"
        " together leave a quarter of the caller's own ``RLIMIT_NPROC`` to its"
        " other programs.",
    ),
    "processes": _count(
        1,
        1,
        256,
        "processes of the call, the first one included.  1, the default,"
        " forbids fork and exec; more need a tier with namespaces.  One more"
        " is EAGAIN, a BlockingIOError.  Programs other than the interpreter"
        " are not there unless ``read`` shows them.",
    ),
    "open_files": _count(256, 16, 4096, "descriptors (``RLIMIT_NOFILE``)."),
    "file_size": _size(
        64 * _MIB, 0, "bytes of any one file (``RLIMIT_FSIZE``)."
    ),
    "tmp_size": _size(
        64 * _MIB,
        4096,
        "bytes of /tmp, and as many of /dev/shm; they have room for 4096 files"
        " each.",
    ),
    "output": _size(16 * _MIB, 0, "bytes of stdout, and as many of stderr."),
    "result": _size(
        64 * _MIB,
        0,
        "bytes of the serialised result, with its arrays.  Its value takes at"
        " most 64 MiB and 32 times as much in the caller, and no more than"
        " ``memory``.",
    ),
    "request": _size(
        64 * _MIB,
        0,
        "bytes of the serialised function and arguments, with their arrays.",
    ),
}


class Limits:
    """What one call may use up; every call has all of them.

    Bytes can be given as text, in units of 1024: ``'512K'``, ``'256M'``,
    ``'1.5G'``, ``'1T'``.

    :options:

    They cannot be changed: a sandbox has those that it was made with.

    :raises ValueError: a value is out of range.
    :raises TypeError: a value is not a number.
    """

    __slots__ = tuple(sorted(LIMITS))

    cpu_time: float | None
    memory: int
    threads: int
    processes: int
    open_files: int
    file_size: int
    tmp_size: int
    output: int
    result: int
    request: int

    def __init__(self, **limits: Unpack[LimitValues]) -> None:
        given = given_options("Limits()", limits, LIMITS)
        for name, limit in LIMITS.items():
            value = limit.check(name, given.get(name, limit.default))
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Limits cannot be changed: {name}; make one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Limits cannot be changed: {name}; make one")

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, ({name: getattr(self, name) for name in LIMITS},)

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"Limits({', '.join(values)})"


def _made(values: dict[str, Any]) -> Limits:
    return Limits(**values)


Limits.__doc__ = documented(Limits.__doc__, LIMITS)

DEFAULT = Limits()
