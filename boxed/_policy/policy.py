"""What distinguishes one sandbox from another: calls with an equal policy
share a zygote."""

from __future__ import annotations

import os

from .._limits import DEFAULT, Limits
from . import checks, installation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

    from .import_places import Places

    StrPath = str | os.PathLike[str]

# Made anew in every sandbox: showing the host's would undo that.
_OWN = frozenset({"/", "/proc", "/dev", "/dev/shm", "/sys", "/tmp"})


_COMPARED = (
    *("isolation", "uid", "places", "imports", "serializer", "main"),
    *("limits", "read", "write", "network", "env", "referred", "exposed"),
)


class Policy:
    """One sandbox's settings; compares and hashes by value.

    :ivar isolation: a tier's name or ``'auto'``.
    :ivar uid: the target user outside.
    :ivar places: where the guest imports from.
    :ivar imports: modules that the zygote imports.
    :ivar serializer: name of the serializer that it prepares, or how a guest
        reads what goes by value.
    :ivar main: the caller's ``__main__`` as ``(kind, where)``, or None.
    :ivar limits: what each call may use up.
    :ivar read: further files and directories to be read, absolute.
    :ivar write: files and directories to be written, absolute.
    :ivar network: whether the guest has the caller's network.
    :ivar env: pairs of the guest's environment.
    :ivar referred: modules of no standard library that functions sent by value
        refer to; the zygote imports those that there are.
    :ivar exposed: names of host functions.
    :ivar standard_modules: what the first call is about to use of the
        standard library.  The zygote imports it once, in place of every
        worker; what a guest can do does not depend on it, and it is not
        compared.
    """

    __slots__ = (*_COMPARED, "_hash", "_key", "standard_modules")

    isolation: str
    uid: int
    places: Places
    imports: tuple[str, ...]
    serializer: str
    main: tuple[str, str] | None
    limits: Limits
    read: tuple[str, ...]
    write: tuple[str, ...]
    network: bool
    env: tuple[tuple[str, str], ...]
    referred: tuple[str, ...]
    exposed: tuple[str, ...]
    standard_modules: tuple[str, ...]
    _key: tuple[object, ...]
    _hash: int

    def __init__(
        self,
        *,
        isolation: str,
        uid: int,
        places: Places,
        imports: tuple[str, ...],
        serializer: str,
        main: tuple[str, str] | None,
        limits: Limits = DEFAULT,
        read: tuple[str, ...] = (),
        write: tuple[str, ...] = (),
        network: bool = False,
        env: tuple[tuple[str, str], ...] = (),
        referred: tuple[str, ...] = (),
        exposed: tuple[str, ...] = (),
        standard_modules: tuple[str, ...] = (),
    ) -> None:
        # In the order of _COMPARED.
        key = (
            *(isolation, uid, places, imports, serializer, main, limits),
            *(read, write, network, env, referred, exposed),
        )
        for name, value in zip(_COMPARED, key):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "standard_modules", standard_modules)
        # Every call asks for them several times.
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_hash", hash(key))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Policy cannot be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Policy cannot be changed: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash


def granted_paths(option: str, paths: Iterable[StrPath]) -> tuple[str, ...]:
    """The paths of ``read=`` or ``write=``, absolute and in order.

    A symbolic link is followed once, when the sandbox is made: the guest
    sees what it led to, under the link's own name.

    :raises FileNotFoundError: there is nothing of that name.
    :raises ValueError: the sandbox has its own of that name, or it is none.
    :raises TypeError: it is no collection of paths.
    """
    given = checks.collection(option, "paths", paths)
    absolute = [
        installation.absolute(checks.path(option, one)) for one in given
    ]
    for path in absolute:
        if path in _OWN:
            raise ValueError(f"{option}={path!r}: a sandbox has its own")
        if not os.path.exists(path):
            raise FileNotFoundError(2, f"{option}= names nothing", path)
    return tuple(dict.fromkeys(absolute))
