"""The caller's own import places, and the modules that it found elsewhere.

Everything on ``sys.path`` that is no installation's is a place of the
caller's own: of such a one the guest sees the modules and packages, and
nothing beside them.  The launcher finds them, by docs/design.rst's rule; here
it is said where, and whether they are still those that a live sandbox has.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from _struct import Struct

from .. import _boxed
from . import checks, installation
from .found_modules import editable, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .found_modules import Found

PLACE, PACKAGE, SPREAD = "p", "k", "n"
_TIME = Struct("=qq")

_SUFFIXES = (".py", ".pyc", ".so")
#: Modules that the caller has not imported, and so may write anew, which are
#: looked at before each call; those it has are what they were.
_MOST_WATCHED = 16


class Places:
    """What the guest imports from; compares and hashes by value.

    :ivar path: the guest's ``sys.path``, as the caller has it.
    :ivar trees: what of it is an installation's.
    :ivar own: the caller's own, as (kind, path).
    :ivar found: modules that a finder of the caller's found elsewhere.
    :ivar stamp: what the own places held.
    :ivar given: what ``path=`` names, or None.
    """

    __slots__ = (
        *("_hash", "_key", "found", "given", "own", "path", "stamp", "trees"),
    )

    def __init__(
        self,
        path: tuple[str, ...],
        own: tuple[tuple[str, str], ...] = (),
        found: tuple[Found, ...] = (),
        stamp: tuple[Any, ...] = (),
        given: tuple[str, ...] | None = None,
    ) -> None:
        self.path = path
        self.own = own
        self.found = found
        self.stamp = stamp
        self.given = given
        mine = {place for _, place in own}
        self.trees = tuple(one for one in path if one not in mine)
        self._key = (path, own, found, stamp)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Places) and self._key == other._key
        )

    def __hash__(self) -> int:
        return self._hash


def shown_at(path: str, *, mounts: bool) -> str:
    """Where the guest has a place.  Each call has a /tmp of its own, so that
    of /tmp itself, as a place, is somewhere else where there are mounts."""
    if mounts and path in ("/tmp", "/dev/shm"):
        return f"/boxed{path}"
    return path


# Names that are wanted besides, though the caller never imported them.
_also_wanted: set[str] = set()


def also_find(name: str) -> None:
    """Have a top-level module found, if only for guests."""
    _also_wanted.add(name)


def current(
    given: tuple[str, ...] | None = None, names: Iterable[str] = ()
) -> Places:
    """Where guests import from now.

    :param given: what ``path=`` names in place of the caller's own.
    :param names: modules that the guest is to have, imported here or not.

    :raises OSError: too little of something is left to look.
    """
    extra = tuple(
        sorted({name.partition(".")[0] for name in names} | _also_wanted)
    )
    key = (given, extra)
    snapshot = _snapshots.get(key)
    if snapshot is None or not snapshot.is_current():
        if len(_snapshots) >= _MOST_SNAPSHOTS:
            _snapshots.clear()
        snapshot = _snapshots[key] = _Snapshot(given, extra)
    return snapshot.places()


class _Snapshot:
    """What was found of a ``sys.path``, as long as its entries lead to the
    same directories, with the same in them: every call asks, so one stat(2)
    for each must do."""

    def __init__(
        self, given: tuple[str, ...] | None, extra: tuple[str, ...]
    ) -> None:
        self.given = given
        self.extra = extra
        self.entries = tuple(sys.path)
        self.relative = any(map(_is_relative, self.entries))
        self.folder = _current_folder() if self.relative else None
        absolute = tuple(dict.fromkeys(_absolute(self.entries)))
        if given is not None:
            others = filter(installation.is_installed, absolute)
            absolute = tuple(dict.fromkeys((*given, *others)))
        # Asked first: what changes meanwhile is judged again.
        files = tuple(map(os.fsencode, absolute))
        before = _boxed.identities(files)
        self.path = tuple(_existing(absolute, before))
        installed = installation.is_installed
        own = [path for path in self.path if not installed(path)]
        contents = [_contents(path) for path in own]
        stamp: list[Any] = [one for one, _ in contents]
        self.own = tuple(
            (PLACE if os.path.isdir(path) else PACKAGE, path) for path in own
        )
        watched = _files_to_watch(own, [names for _, names in contents])
        self.files = files + watched
        self.identities = before + _boxed.identities(watched)
        self.stamp = (*stamp, self.identities[len(before) :])
        self.settled = _is_settled(self.identities)
        self.modules = -1
        self.result: Places | None = None

    def is_current(self) -> bool:
        return (
            self.settled
            and self.entries == tuple(sys.path)
            and (not self.relative or self.folder == _current_folder())
            and _boxed.identities(self.files) == self.identities
        )

    def places(self) -> Places:
        """With the modules that the caller has imported by now."""
        if self.result is None or self.modules != len(sys.modules):
            self.modules = len(sys.modules)
            # With path= nothing else of the caller's, but what calls on
            # behalf of the command line.
            only = None if self.given is None else "boxed"
            names = (*self.extra, *editable())
            found, more = find(self.path, names, only)
            own = tuple(dict.fromkeys(self.own + more))
            # Equal ones are one, which is quicker to compare.
            made = Places(self.path, own, found, self.stamp, self.given)
            if made != self.result:
                self.result = made
        return self.result


_snapshots: dict[Any, _Snapshot] = {}
_MOST_SNAPSHOTS = 16


def _existing(paths: tuple[str, ...], identities: bytes) -> Iterator[str]:
    """Those whose identities are not zeros."""
    size = len(identities) // max(1, len(paths))
    for at, path in enumerate(paths):
        if any(identities[at * size : (at + 1) * size]):
            yield path


# Bytes of an identity: device, inode, seconds and nanoseconds.
_IDENTITY = 32
#: Nanoseconds within which two changes can have the same time, a tick of the
#: kernel's clock being 10 ms at most; and a little more.
_TICK = 50_000_000


def _is_settled(identities: bytes) -> bool:
    """Whether another change would show: what was changed just now could be
    once more, at the same time by the kernel's clock."""
    now = time.time_ns()
    for at in range(16, len(identities), _IDENTITY):
        seconds, rest = _TIME.unpack_from(identities, at)
        if abs(now - seconds * 1_000_000_000 - rest) < _TICK:
            return False
    return True


def _is_relative(path: object) -> bool:
    return isinstance(path, str) and path[:1] != "/"


def _current_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _absolute(paths: Iterable[object]) -> Iterator[str]:
    """Python's own import passes over what is no text."""
    for path in paths:
        if not isinstance(path, str) or "\0" in path:
            continue
        try:
            absolute = installation.absolute(path)
        except FileNotFoundError:
            # A relative one, in a current directory that was removed.
            continue
        yield absolute


def _contents(place: str) -> tuple[tuple[Any, ...], list[str]]:
    """What a place held, by name and inode: what is of no concern to imports,
    such as results that a program writes there, does not count.  And its
    modules' names.

    :raises OSError: too little of something is left to look.
    """
    try:
        return _listed(place)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise
    # A file, such as a zip; or gone by now.
    return (place, _boxed.identities((os.fsencode(place),))), []


def _listed(place: str) -> tuple[tuple[Any, ...], list[str]]:
    contents, modules = [], []
    with os.scandir(place) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if name.endswith(_SUFFIXES):
                modules.append(name)
            elif not _is_package(entry):
                continue
            contents.append((name, entry.inode()))
    return (place, *sorted(contents)), modules


def _is_package(entry: os.DirEntry[str]) -> bool:
    if "." in entry.name or not entry.is_dir():
        return False
    return os.path.exists(os.path.join(entry.path, "__init__.py"))


def _files_to_watch(
    places: list[str], contents: list[list[str]]
) -> tuple[bytes, ...]:
    paths = [
        os.fsencode(os.path.join(place, name))
        for place, names in zip(places, contents)
        for name in names
        if name.partition(".")[0] not in sys.modules
    ]
    return tuple(paths[:_MOST_WATCHED])


def _is_zip(path: str) -> bool:
    # Imports what a call without path= would wait for.
    from zipfile import is_zipfile

    return os.path.isfile(path) and is_zipfile(path)


def given_path(paths: Any) -> tuple[str, ...] | None:
    """The places of ``path=``, absolute and in order.

    :raises TypeError: it is no collection of paths.
    :raises ValueError: a path is a file that nothing can be imported from.
    :raises FileNotFoundError: there is nothing of that name.
    """
    if paths is None:
        return None
    given = checks.collection("path", "paths", paths)
    absolute = [
        installation.absolute(checks.path("path", one)) for one in given
    ]
    for path in absolute:
        if not os.path.exists(path):
            raise FileNotFoundError(2, "path= names nothing", path)
        if not os.path.isdir(path) and not _is_zip(path):
            expected = "directories and zip files to import from; name the"
            raise checks.impossible("path", f"{expected} module's", path)
    return tuple(dict.fromkeys(absolute))
