"""The attacks of ``boxed doctor --attack`` on files, on the next call, with
results and on limits: one function each, as ways.py says.

Each is called twice: outside the sandbox, where it has to work, and inside.
Whether what it got was a break is said by the doctor, which made the target
and looks at it afterwards.

Standard library only, and of the package only what is beside it: the guest has
nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import importlib
import os
import signal
import stat
import sys
import time

from boxed._doctor.attack.ways import all_of, first, tried

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from boxed._doctor.attack.ways import Ways

# Has the attacks that are not here.
_ELSEWHERE = "boxed._doctor.attack.reach"


def attempt(name: str, args: list[Any]) -> list[Any]:
    """What an attack came to: its value, and the error that refused it."""
    function = globals().get(name)
    if function is None:
        function = getattr(importlib.import_module(_ELSEWHERE), name)
    return [*tried(function, *args)]


# Files


def read(path: str) -> str:
    with open(path, "rb") as file:
        return file.read(1 << 20).decode(errors="replace")


def holds(path: str, text: str) -> bool:
    """Whether a text can be read in a file whose content must not be told."""
    return text in read(path)


def lists(folder: str, name: str) -> bool:
    return name in os.listdir(folder)


def other_names(path: str, pids: list[int]) -> Ways:
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

    spelled = {
        "//": "//" + path.replace("/", "//"),
        "/./": path.replace("/", "/./"),
        "..": f"{folder}/../{os.path.basename(folder)}/{name}",
        "/proc/self/root": f"/proc/self/root{path}",
        **{f"/proc/{pid}/root": f"/proc/{pid}/root{path}" for pid in pids},
    }
    return {
        "own symbolic link": by_link,
        "descriptor of the folder": by_descriptor,
        **{
            how: functools.partial(read, other)
            for how, other in spelled.items()
        },
    }


def read_otherwise(path: str, pids: list[int]) -> str:
    return str(first(other_names(path, pids)))


def create(path: str) -> int:
    """Make a file; the device that it is on."""
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(fd, b"mine")
        return os.fstat(fd).st_dev
    finally:
        os.close(fd)


def create_in(folders: list[str], name: str) -> int:
    """In how many of the directories a file could be made."""
    made = 0
    for folder in folders:
        with contextlib.suppress(OSError):
            create(f"{folder}/{name}")
            made += 1
    return made


#: Files of a directory, to be changed as they are called.
CHANGED = ("append", "truncate", "link", "rename", "unlink", "mode")


def changes(folder: str, new: str) -> Ways:
    """Every way to change files and their names.

    :param new: begins the name of what is made.
    """

    def append() -> None:
        with open(f"{folder}/append", "a") as file:
            file.write("changed")

    def at(old: str) -> tuple[str, str]:
        return f"{folder}/{old}", f"{folder}/{new}-{old}"

    return {
        "append": append,
        "truncate": lambda: os.truncate(f"{folder}/truncate", 1),
        "link": lambda: os.link(*at("link")),
        "rename": lambda: os.rename(*at("rename")),
        "unlink": lambda: os.unlink(f"{folder}/unlink"),
        "symlink": lambda: os.symlink("/", f"{folder}/{new}-symlink"),
    }


def change(folder: str, new: str) -> bool:
    return all_of(changes(folder, new))


def metadata_changes(folder: str) -> Ways:
    """Mode, times and attributes, which Landlock does not rule."""
    path = f"{folder}/mode"
    return {
        "chmod": lambda: os.chmod(path, 0o640),
        "utime": lambda: os.utime(path, (1, 1)),
        "setxattr": lambda: os.setxattr(path, "user.boxed", b"1"),
    }


def change_metadata(folder: str) -> bool:
    return all_of(metadata_changes(folder))


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


def set_id_bit(folder: str, mode: int = 0o4600) -> bool:
    with own_file(folder) as path:
        os.chmod(path, mode)
        return has_set_id_bit(os.stat(path))


def has_set_id_bit(seen: os.stat_result) -> bool:
    return bool(seen.st_mode & (stat.S_ISUID | stat.S_ISGID))


def make_device(
    folder: str, kind: int = stat.S_IFCHR, major: int = 1, minor: int = 3
) -> None:
    with own_file(folder) as path:
        os.mknod(path + ".d", kind | 0o666, os.makedev(major, minor))
        os.unlink(path + ".d")


# One call and the next

_LEFT: list[str] = []
_SCRATCH = ("/tmp", "/dev/shm")


def leave(name: str) -> None:
    """Leave something in every place that a later call might see."""
    _LEFT.append(name)
    os.environ["BOXED_ATTACK_LEFT"] = name
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    for folder in _SCRATCH:
        with contextlib.suppress(OSError):
            os.close(os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY))


def residue(name: str) -> Ways:
    """See whether it was left there; files are removed."""
    left = "BOXED_ATTACK_LEFT"
    return {
        "variable": lambda: name in _LEFT,
        "environment": lambda: os.environ.get(left) == name,
        "signal": lambda: signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN,
        **{
            f"file left in {folder}": functools.partial(
                os.unlink, f"{folder}/{name}"
            )
            for folder in _SCRATCH
        },
    }


def find(name: str) -> bool:
    return all_of(residue(name))


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


def load_hostile(path: str) -> None:
    """What a caller would do who trusts what comes back."""
    import pickle

    pickle.loads(pickle.dumps(hostile(path)))


def print_escape() -> None:
    print("\x1b]0;boxed-attack\x07", flush=True)


def print_much(count: int) -> None:
    os.write(1, b"x" * count)


def long_result(count: int) -> str:
    return "x" * count


def deafen() -> None:
    """Ignore every signal that can be ignored."""
    for number in range(1, 65):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)


def spin(seconds: float) -> None:
    """Keep busy, deaf to signals."""
    deafen()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


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


def opened(count: int) -> list[int]:
    """So many descriptors, or as many as could be had."""
    kept: list[int] = []
    try:
        for _ in range(count):
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    return kept


def open_many(count: int) -> int:
    """How many of so many descriptors could be had."""
    kept = opened(count)
    for fd in kept:
        os.close(fd)
    return len(kept)


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
