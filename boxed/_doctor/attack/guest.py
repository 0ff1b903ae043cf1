"""The attempts of ``boxed doctor --attack``, one function each.

Each is called twice: outside the sandbox, where it has to work, and inside.
It returns what it got, or raises what refused it.  Whether that was a break is
said by the doctor, which made the target and looks at it afterwards.

Standard library only, and of the package only what is beside it: the guest has
nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import signal
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Has the attempts that are not here.
_ELSEWHERE = "boxed._doctor.attack.reach"


def attempt(name: str, args: list[Any]) -> list[Any]:
    """What an attempt came to: its value, and the error that refused it."""
    function = globals().get(name)
    if function is None:
        function = getattr(importlib.import_module(_ELSEWHERE), name)
    try:
        return [function(*args), ""]
    except OSError as error:
        return [None, errno.errorcode.get(error.errno or 0, str(error))]
    except Exception as error:
        return [None, f"{type(error).__name__}: {error}"]


def first(functions: list[Callable[[], Any]]) -> Any:
    """The value of the first that works, or the last one's error."""
    refusal: OSError | None = None
    for function in functions:
        try:
            return function()
        except OSError as error:
            refusal = error
    assert refusal is not None
    raise refusal


# Files


def read(path: str) -> str:
    with open(path, "rb") as file:
        return file.read(1 << 20).decode(errors="replace")


def size(path: str) -> int:
    """How much of a file can be read; its content must not be told."""
    with open(path, "rb") as file:
        return len(file.read())


def read_otherwise(path: str, pid: int) -> str:
    """Read a file by other names of it, and by a descriptor."""
    link = f"/tmp/boxed-attack-{os.getpid()}"
    folder, name = os.path.split(path)

    def by_link() -> str:
        os.symlink(path, link)
        try:
            return read(link)
        finally:
            os.unlink(link)

    def by_descriptor() -> str:
        fd = os.open(folder, os.O_PATH)
        try:
            return read(f"/proc/self/fd/{fd}/{name}")
        finally:
            os.close(fd)

    return str(
        first(
            [
                by_link,
                by_descriptor,
                lambda: read(f"/proc/{pid}/root{path}"),
                lambda: read(f"/proc/1/root{path}"),
                lambda: read(f"/proc/self/root{path}"),
                lambda: read(f"/.//..{folder}/./../{path}"),
            ]
        )
    )


def listing(path: str) -> list[str]:
    return os.listdir(path)


def write_into(folders: list[str], name: str) -> int:
    """In how many of the directories a file could be made."""
    made = 0
    for folder in folders:
        with contextlib.suppress(OSError):
            fd = os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY, 0o666)
            os.close(fd)
            made += 1
    return made


def change(path: str) -> str:
    """Every way to change a file and its name, the mildest first."""

    def append() -> None:
        with open(path, "a") as file:
            file.write("changed")

    return any_of(
        append=append,
        truncate=lambda: os.truncate(path, 1),
        link=lambda: os.link(path, path + ".link"),
        rename=lambda: os.rename(path, path + ".renamed"),
        unlink=lambda: os.unlink(path),
        symlink=lambda: os.symlink("/", path + ".symlink"),
    )


def change_metadata(path: str) -> str:
    """Mode, times and attributes, which Landlock does not rule."""
    return any_of(
        chmod=lambda: os.chmod(path, 0o640),
        utime=lambda: os.utime(path, (1, 1)),
        setxattr=lambda: os.setxattr(path, "user.boxed", b"1"),
    )


def any_of(**ways: Callable[[], object]) -> str:
    """The names of those that worked."""
    worked = []
    refusal: OSError | None = None
    for name, way in ways.items():
        try:
            way()
            worked.append(name)
        except OSError as error:
            refusal = error
    if not worked and refusal is not None:
        raise refusal
    return " ".join(worked)


@contextlib.contextmanager
def own_file(folder: str, mode: int = 0o600) -> Iterator[str]:
    """A new file, in the directory given or in /tmp."""
    for where in (folder, "/tmp", "/dev/shm"):
        path = f"{where}/boxed-attack-{os.getpid()}"
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        except OSError as error:
            refusal = error
            continue
        os.close(fd)
        try:
            yield path
        finally:
            os.unlink(path)
        return
    raise refusal


def set_id_bit(folder: str) -> bool:
    with own_file(folder) as path:
        os.chmod(path, 0o4600)
        return bool(os.stat(path).st_mode & stat.S_ISUID)


def make_device(folder: str) -> bool:
    with own_file(folder) as path:
        os.mknod(path + ".d", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.unlink(path + ".d")
    return True


# One call and the next

_LEFT: list[str] = []


def leave(name: str) -> None:
    """Leave something in every place that a later call might see."""
    _LEFT.append(name)
    os.environ["BOXED_ATTACK_LEFT"] = name
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError):
            os.close(os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY))


def find(name: str) -> list[str]:
    """Where something was left."""
    found = ["module"] if name in _LEFT else []
    if os.environ.get("BOXED_ATTACK_LEFT") == name:
        found.append("environment")
    if signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN:
        found.append("signals")
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError):
            os.unlink(f"{folder}/{name}")
            found.append(folder)
    return found


def linger() -> None:
    """Tell the pid and stay, as somebody else's call."""
    print(os.getpid(), flush=True)
    time.sleep(60)


# Results and limits


class _Hostile:
    """Whoever unpickles it makes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.open, (self.path, os.O_CREAT | os.O_WRONLY, 0o600)


def victim(secret: str) -> None:
    """A process of the caller's: holds a secret until its stdin ends."""
    import ctypes

    # Whoever may: where only a parent may trace, no control would work.
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_long(-1), 0, 0, 0)
    held = ctypes.create_string_buffer(secret.encode())
    print(ctypes.addressof(held), flush=True)
    sys.stdin.read()


def hostile(path: str) -> object:
    return [_Hostile(path)]


def load_hostile(path: str) -> bool:
    """What a caller would do who trusts what comes back."""
    import pickle

    pickle.loads(pickle.dumps(hostile(path)))
    return True


def print_escape() -> bool:
    print("\x1b]0;boxed-attack\x07", flush=True)
    return True


def print_much(count: int) -> bool:
    os.write(1, b"x" * count)
    return True


def long_result(count: int) -> str:
    return "x" * count


def spin(seconds: float) -> bool:
    """Keep busy, deaf to signals."""
    for number in range(1, 32):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return True


def eat_memory(count: int, step: int) -> int:
    """How many of so many pieces of memory could be had."""
    kept = []
    with contextlib.suppress(MemoryError):
        for _ in range(count):
            kept.append(bytearray(step))
    return len(kept)


def start_threads(count: int) -> int:
    """How many of so many threads could be started."""
    import threading

    end = threading.Event()
    threads = []
    with contextlib.suppress(RuntimeError, MemoryError):
        for _ in range(count):
            thread = threading.Thread(target=end.wait)
            thread.start()
            threads.append(thread)
    end.set()
    for thread in threads:
        thread.join()
    return len(threads)


def open_many(count: int) -> int:
    """How many of so many descriptors could be had."""
    kept: list[int] = []
    try:
        for _ in range(count):
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    number = len(kept)
    for fd in kept:
        os.close(fd)
    return number


def grow_file(folder: str, count: int) -> int:
    """The size that a file can be given, without writing it."""
    with own_file(folder) as path:
        os.truncate(path, count)
        return os.stat(path).st_size


def fill(folder: str, step: int, count: int) -> int:
    """How many files of a size could be written into a directory."""
    with own_file(folder) as path:
        made: list[str] = []
        try:
            for number in range(count):
                made.append(f"{path}.{number}")
                with open(made[-1], "wb") as file:
                    file.write(b"x" * step)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        whole = [name for name in made if os.stat(name).st_size == step]
        for name in made:
            os.unlink(name)
        return len(whole)
