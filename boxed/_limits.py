"""Limits: what one call may use up."""

from __future__ import annotations

from ._policy.checks import seconds, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_MIB = 1 << 20
# Beyond what any machine has, and within what the kernel takes.
_MOST = 1 << 62


class Limits:
    """What one call may use up; every call has all of them.

    :param cpu_time: seconds of processor time, of all threads together,
        rounded up to whole ones; None for no limit (``RLIMIT_CPU``, which
        counts each process by itself).
    :param memory: bytes of private memory above what the interpreter and the
        preloaded modules have at the start (``RLIMIT_DATA``, which since
        Linux 4.7 counts anonymous mappings).  Each process of a call has as
        much.  The first thread's stack can grow to as much besides, and
        address space to twice that and 1 GiB, or to six times that where
        that is less.
    :param threads: threads of the call, the first one included.  Exact where
        the tier has namespaces (``RLIMIT_NPROC`` counts per uid and user
        namespace); elsewhere 512 more, since others of the uid count too.
        Where the guest has the caller's uid, in rootless and landlock, all
        sandboxes together leave a quarter of the caller's own ``RLIMIT_NPROC``
        to its other programs.
    :param processes: processes of the call, the first one included.  1, the
        default, forbids fork and exec; more need a tier with namespaces.
        One more is EAGAIN, a BlockingIOError.  Programs other than the
        interpreter are not there unless ``read`` shows them.
    :param open_files: descriptors (``RLIMIT_NOFILE``).
    :param file_size: bytes of any one file (``RLIMIT_FSIZE``).
    :param tmp_size: bytes of /tmp, and as many of /dev/shm; they have room
        for 4096 files each.
    :param output: bytes of stdout, and as many of stderr.
    :param result: bytes of the serialised result, with its arrays.  Its value
        takes at most 64 MiB and 32 times as much in the caller, and no more
        than ``memory``.

    They cannot be changed: a sandbox has those that it was made with.

    :raises ValueError: a value is out of range.
    :raises TypeError: a value is not a number.
    """

    __slots__ = (
        "cpu_time",
        "file_size",
        "memory",
        "open_files",
        "output",
        "processes",
        "result",
        "threads",
        "tmp_size",
    )

    cpu_time: float | None
    memory: int
    threads: int
    processes: int
    open_files: int
    file_size: int
    tmp_size: int
    output: int
    result: int

    def __init__(
        self,
        *,
        cpu_time: float | None = None,
        memory: int = 1024 * _MIB,
        threads: int = 64,
        processes: int = 1,
        open_files: int = 256,
        file_size: int = 64 * _MIB,
        tmp_size: int = 64 * _MIB,
        output: int = 16 * _MIB,
        result: int = 64 * _MIB,
    ) -> None:
        values = {
            "cpu_time": seconds("cpu_time", cpu_time, infinite=False),
            "memory": whole("memory", memory, _MIB, _MOST),
            "threads": whole("threads", threads, 1, 512),
            "processes": whole("processes", processes, 1, 256),
            "open_files": whole("open_files", open_files, 16, 4096),
            "file_size": whole("file_size", file_size, 0, _MOST),
            "tmp_size": whole("tmp_size", tmp_size, 4096, _MOST),
            "output": whole("output", output, 0, _MOST),
            "result": whole("result", result, 0, _MOST),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Limits cannot be changed: {name}; make one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Limits cannot be changed: {name}; make one")

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, ({name: getattr(self, name) for name in _NAMES},)

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"Limits({', '.join(values)})"


_NAMES = Limits.__slots__


def _made(values: dict[str, Any]) -> Limits:
    return Limits(**values)


DEFAULT = Limits()
