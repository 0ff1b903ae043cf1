"""What of the host's files a guest gets to see, as entries of an order.

An entry is ``(kind, path, content)`` with the kinds of src/shared/order.h.
Everything is shown read-only and at the path it has outside.
"""

from __future__ import annotations

import os
import stat

from . import installation
from .import_places import PACKAGE, PLACE, SPREAD, shown_at
from .tiers import NOBODY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .policy import Policy

    Entry = tuple[str, str, str | None]

TREE, OPTIONAL, WRITE, DEVICE, LINK, FILE = "r", "o", "w", "d", "l", "f"
PLACES = frozenset({PLACE, PACKAGE, SPREAD})

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
    "/etc/passwd": (
        f"nobody:x:{NOBODY}:{NOBODY}:nobody:/tmp:/usr/sbin/nologin\n"
    ),
    "/etc/group": f"nogroup:x:{NOBODY}:\n",
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


def _links_to(path: str) -> Iterator[Entry]:
    """The symbolic links between an executable's name and its file."""
    for _ in range(16):
        if not os.path.islink(path):
            break
        target = os.readlink(path)
        yield LINK, path, target
        above = os.path.dirname(path)
        path = installation.absolute(os.path.join(above, target))
    yield TREE, path, None


def _interpreter() -> Iterator[Entry]:
    """The interpreter, its standard library and its shared libraries."""
    yield from _links_to(installation.executable())
    yield from ((OPTIONAL, path, None) for path in installation.trees())


def _library(path: str) -> Entry:
    """A merged /usr makes /lib a link, which stays one."""
    if os.path.islink(path) and os.path.dirname(path) == "/":
        return LINK, path, os.readlink(path)
    return OPTIONAL, path, None


def _above(path: str) -> Iterator[str]:
    """The directories that a path is in, the nearest first."""
    while path.strip("/"):
        path = os.path.dirname(path)
        yield path


def _open_to_others(path: str) -> bool:
    """Whether another user could use it, parents aside."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def _wanted(policy: Policy, as_other: bool, mounts: bool) -> Iterator[Entry]:
    yield from _interpreter()
    yield from (_library(path) for path in _LIBRARIES if os.path.lexists(path))
    package = installation.PACKAGE
    if not mounts or not as_other or _open_to_others(package):
        yield OPTIONAL, package, None
    else:
        yield PACKAGE, package, package
    for path in policy.places.trees:
        if not as_other or _open_to_others(path):
            yield OPTIONAL, path, None
    for kind, path in policy.places.own:
        yield from _own(kind, path, mounts)
    if policy.main and policy.main[0] == "path":
        yield PACKAGE, policy.main[1], policy.main[1]
    yield from ((TREE, path, None) for path in policy.read)
    yield from ((WRITE, path, None) for path in policy.write)
    yield from ((DEVICE, path, None) for path in _DEVICES)
    if policy.network:
        yield from ((OPTIONAL, path, None) for path in _RESOLVER)
    yield from ((FILE, path, text) for path, text in _FILES.items())
    yield from ((LINK, path, target) for path, target in _LINKS.items())


def _own(kind: str, path: str, mounts: bool) -> Iterator[Entry]:
    """A place of the caller's own, and where the links to it lead."""
    real = os.path.realpath(path)
    if real.startswith("/proc/"):
        # Of a process, which the guest has not; Python puts the directory of
        # descriptors on the path of a script that is /dev/stdin.
        return
    yield kind, path, shown_at(path, mounts=mounts)
    if real != path:
        yield kind, real, shown_at(real, mounts=mounts)


def entries(policy: Policy, *, as_other: bool, mounts: bool) -> list[Entry]:
    """All entries of a sandbox, each tree before what is inside it.

    What a read-only tree shows already is left out; what is to be writable in
    one, or read-only in a writable one, stays.

    :param as_other: the guest is another user, to whom a closed directory
        would show nothing, nor anything in it.
    :param mounts: the guest has mounts of its own.
    """
    found: dict[str, Entry] = {}
    for entry in _wanted(policy, as_other, mounts):
        path = entry[1]
        before = found.get(path)
        if path == "/" and entry[0] not in PLACES:
            continue
        if before is None or entry[0] == WRITE or _shows_more(entry, before):
            found[path] = entry
    for entry in _targets_outside_trees(found):
        found.setdefault(entry[1], entry)
    kept: dict[str, Entry] = {}
    for path in sorted(found):
        above = _nearest(path, kept)
        if above is None or (above[0] == WRITE) != (found[path][0] == WRITE):
            kept[path] = found[path]
    return list(kept.values())


def _shows_more(entry: Entry, before: Entry) -> bool:
    """Whether one of two entries for a path is to be the one: anything else
    in place of a place, and of places that of which more is a module."""
    order = (PLACE, SPREAD, PACKAGE)
    if before[0] not in order:
        return entry[0] == TREE and before[0] == OPTIONAL
    return entry[0] not in order or (
        order.index(entry[0]) > order.index(before[0])
    )


def _targets_outside_trees(found: Mapping[str, Entry]) -> list[Entry]:
    """What a tree shows a symbolic link of only, as the environment that a
    project's directory has a link to: where such links lead."""
    targets: list[Entry] = []
    # Each is asked for once: several trees are in the same one.
    reals: dict[str, str] = {}
    for kind, path, _ in found.values():
        above = _nearest(path, found)
        if kind not in (TREE, OPTIONAL) or above is None:
            continue
        inside = os.path.relpath(path, above[1])
        for one in (path, above[1]):
            reals[one] = reals.get(one) or os.path.realpath(one)
        real = reals[path]
        if real != os.path.join(reals[above[1]], inside):
            targets += [*_links_on_the_way(path), (kind, real, None)]
    return targets


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
    for above in _above(path):
        if above in trees and trees[above][0] in (TREE, OPTIONAL, WRITE):
            return trees[above]
    return None
