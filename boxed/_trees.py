"""What of the host's files a guest gets to see, as entries of an order.

An entry is ``(kind, path, content)`` with the kinds of src/shared/order.h.
Everything is shown read-only and at the path it has outside.
"""

from __future__ import annotations

import os
import stat
import sys

from . import _boxed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ._policy import Policy

    Entry = tuple[str, str, str | None]

TREE, OPTIONAL, WRITE, DEVICE, LINK, FILE = "r", "o", "w", "d", "l", "f"

# Prefixes that hold much more than an interpreter.
_SHARED_PREFIXES = {"/", "/usr", "/usr/local"}

# Never shown as a whole because of an entry of sys.path.
_NOT_FOR_MODULES = frozenset(
    """/ /bin /boot /dev /dev/shm /etc /home /media /mnt /opt /proc /root /run
    /sbin /srv /sys /tmp /usr /usr/bin /usr/sbin /usr/share /var /var/tmp
    """.split()  # noqa: SIM905
)

_LIBRARIES = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/usr/share/ca-certificates",
)

_DEVICES = tuple(
    f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")
)

_FILES = {
    "/etc/passwd": "nobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin\n",
    "/etc/group": "nogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost boxed\n::1 localhost boxed\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}

# In place of the sandbox's own, where the network is granted.
_RESOLVER = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")

_LINKS = {
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}


def plain(path: str) -> str:
    """The same place without ``..``, which no order may name.

    A link in the last part stays: by its name an interpreter finds its
    environment.
    """
    if ".." not in path.split("/"):
        return path
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def _links_to(path: str) -> Iterator[Entry]:
    """The symbolic links between an executable's name and its file."""
    for _ in range(16):
        if not os.path.islink(path):
            break
        target = os.readlink(path)
        yield LINK, path, target
        path = os.path.normpath(os.path.join(os.path.dirname(path), target))
    yield TREE, path, None


def _interpreter() -> Iterator[Entry]:
    """The interpreter, its standard library and its shared libraries."""
    yield from _links_to(plain(sys.executable))
    for prefix in {plain(sys.prefix), plain(sys.exec_prefix)}:
        if prefix not in _SHARED_PREFIXES:
            yield TREE, prefix, None
    for base in {plain(sys.base_prefix), plain(sys.base_exec_prefix)}:
        if base not in _SHARED_PREFIXES:
            yield TREE, base, None
    # As sysconfig has them, whose import takes a millisecond.
    library = plain(os.path.dirname(os.__file__))
    yield OPTIONAL, library, None
    for prefix in {plain(sys.exec_prefix), plain(sys.base_exec_prefix)}:
        name = os.path.basename(library)
        yield OPTIONAL, os.path.join(prefix, sys.platlibdir, name), None


def _library(path: str) -> Entry:
    """A merged /usr makes /lib a link, which stays one."""
    if os.path.islink(path) and os.path.dirname(path) == "/":
        return LINK, path, os.readlink(path)
    return OPTIONAL, path, None


def import_path() -> tuple[str, ...]:
    """The caller's ``sys.path``, absolute, without what does not exist.

    Directories that hold more than modules are left out too: the current
    directory, or a script's, is on the path, and with it a whole home would
    be shown to the guest.
    """
    global _judged
    paths = tuple(sys.path)
    # Without it the home is that of the uid.
    home = os.environ.get("HOME") or os.getuid()
    judged = _judged
    if (
        judged is None
        or (judged.paths, judged.home) != (paths, home)
        or _boxed.identities(judged.files) != judged.identities
        or any(map(_is_relative, paths))
    ):
        _judged = judged = _Judged(paths, home)
    return judged.kept


class _Judged:
    """What was found of a ``sys.path``, as long as its entries lead to the
    same files: every call asks, so one stat(2) for each must do."""

    def __init__(self, paths: tuple[str, ...], home: str | int) -> None:
        self.paths = paths
        self.home = home
        absolute = tuple(_absolute(paths))
        self.files = tuple(map(os.fsencode, absolute))
        # Asked first: what changes meanwhile is judged again.
        self.identities = _boxed.identities(self.files)
        own = os.path.expanduser("~")
        kept = (path for path in absolute if _is_for_modules(path, own))
        self.kept = tuple(dict.fromkeys(kept))


_judged: _Judged | None = None


def _is_relative(path: str) -> bool:
    return not isinstance(path, str) or path[:1] != "/"


def _absolute(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        try:
            absolute = os.path.abspath(path)
        except FileNotFoundError:
            # A relative one, in a current directory that was removed.
            continue
        yield absolute


def _is_for_modules(path: str, home: str) -> bool:
    return os.path.exists(path) and _holds_modules_only(path, home)


def _holds_modules_only(path: str, home: str) -> bool:
    real, home = os.path.realpath(path), os.path.realpath(home)
    holds_home = real == home or is_below(home, {real})
    return real not in _NOT_FOR_MODULES and not holds_home


def is_below(path: str, trees: Iterable[str]) -> bool:
    """Whether an absolute path is inside one of the directories."""
    found = frozenset(trees)
    while path != "/":
        path = os.path.dirname(path)
        if path in found:
            return True
    return False


def _open_to_others(path: str) -> bool:
    """Whether another user could use it, parents aside."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def _wanted(policy: Policy, as_other: bool) -> Iterator[Entry]:
    yield from _interpreter()
    yield from (_library(path) for path in _LIBRARIES if os.path.lexists(path))
    package = os.path.dirname(os.path.abspath(__file__))
    script = (
        policy.main[1:] if policy.main and policy.main[0] == "path" else ()
    )
    for path in (*policy.path, *script, package):
        if not as_other or _open_to_others(path):
            yield OPTIONAL, path, None
    yield from ((TREE, path, None) for path in policy.read)
    yield from ((WRITE, path, None) for path in policy.write)
    yield from ((DEVICE, path, None) for path in _DEVICES)
    if policy.network:
        yield from ((OPTIONAL, path, None) for path in _RESOLVER)
    yield from ((FILE, path, text) for path, text in _FILES.items())
    yield from ((LINK, path, target) for path, target in _LINKS.items())


def entries(policy: Policy, *, as_other: bool) -> list[Entry]:
    """All entries of a sandbox, each tree before what is inside it.

    What a read-only tree shows already is left out; what is to be writable in
    one, or read-only in a writable one, stays.

    :param as_other: the guest is another user, to whom a closed directory
        would show nothing, nor anything in it.
    """
    found: dict[str, Entry] = {}
    for entry in _wanted(policy, as_other):
        if entry[1] != "/" and (entry[1] not in found or entry[0] == WRITE):
            found[entry[1]] = entry
    for entry in _led_out_of_trees(found):
        found.setdefault(entry[1], entry)
    kept: dict[str, Entry] = {}
    for path in sorted(found):
        above = _nearest(path, kept)
        if above is None or (above[0] == WRITE) != (found[path][0] == WRITE):
            kept[path] = found[path]
    return list(kept.values())


def _led_out_of_trees(found: Mapping[str, Entry]) -> list[Entry]:
    """What a tree shows a symbolic link of only, as the environment that a
    project's directory has a link to: where such links lead."""
    led: list[Entry] = []
    for kind, path, _ in found.values():
        above = _nearest(path, found)
        if kind not in (TREE, OPTIONAL) or above is None:
            continue
        inside = os.path.relpath(path, above[1])
        real = os.path.realpath(path)
        if real != os.path.join(os.path.realpath(above[1]), inside):
            led += [*_links_on_the_way(path), (kind, real, None)]
    return led


def _links_on_the_way(path: str) -> Iterator[Entry]:
    """Every link that opening the path follows."""
    at, left = "/", path.split("/")[:0:-1]
    # As many as the kernel follows, path_resolution(7).
    follow = 40
    while left and follow:
        at = os.path.normpath(os.path.join(at, left.pop()))
        if os.path.islink(at):
            target = os.readlink(at)
            yield LINK, at, target
            at, follow = os.path.dirname(at), follow - 1
            left += target.split("/")[::-1]
            if target.startswith("/"):
                at = "/"


def _nearest(path: str, trees: Mapping[str, Entry]) -> Entry | None:
    """The entry whose tree a path is in."""
    while path != "/":
        path = os.path.dirname(path)
        if path in trees and trees[path][0] in (TREE, OPTIONAL, WRITE):
            return trees[path]
    return None
