"""Modules that the caller has and a guest would not find on ``sys.path``.

A finder on ``sys.meta_path`` found them, as that of an editable installation;
or they were loaded by their file's path, from a directory that is no longer
on ``sys.path``, or as a namespace package, which has no file.  The guest gets
a finder that knows where they are.
"""

from __future__ import annotations

import os
import sys

from . import installation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Its name, file if any, and directories if it is a package.
    Found = tuple[str, "str | None", "tuple[str, ...] | None"]
    Own = tuple[str, str]

PACKAGE, SPREAD = "k", "n"


def find(
    path: tuple[str, ...], extra: tuple[str, ...], only: str | None
) -> tuple[tuple[Found, ...], tuple[Own, ...]]:
    """The modules, and what of the caller's files they are.

    :param path: directories in which a guest looks.
    :param extra: top-level modules to look for that were not imported.
    :param only: the package that alone is of interest, or None for all.
    """
    roots = installation.roots()
    places = frozenset(path)
    found: dict[str, Found] = {}
    own: dict[Own, None] = {}
    specs = [
        (name, spec)
        for name, module in list(sys.modules.items())
        for spec in (spec_of(name, module),)
        if spec is not None
    ]
    specs += [
        (name, spec)
        for name in extra
        if name not in sys.modules
        for spec in (_look_for(name),)
        if spec is not None
    ]
    # Parents before what is in them.
    for name, spec in sorted(specs, key=lambda one: one[0]):
        if only is not None and name.partition(".")[0] != only:
            continue
        origin, locations = where(spec)
        first = origin or (locations or ("",))[0]
        if not first or first.startswith(roots):
            continue
        if _is_reachable(name, origin, locations, places, found):
            # One without a file is looked for only where it is known to be.
            if origin is None and "." not in name:
                own.update(((SPREAD, one), None) for one in locations)
            continue
        if installation.is_below_roots(os.path.realpath(first)):
            continue
        found[name] = (name, origin, locations or None)
        own.update(dict.fromkeys(_files(origin, locations)))
        _add_parents(name, found)
    return tuple(found.values()), tuple(own)


def spec_of(name: str, module: object) -> Any:
    """Without a look at what a lazy module would load for it."""
    if not isinstance(module, type(sys)):
        return None
    try:
        spec = object.__getattribute__(module, "__dict__").get("__spec__")
        return spec if spec is not None and spec.name == name else None
    except Exception:
        return None


def _look_for(name: str) -> Any:
    """A top-level module's spec: nothing is imported for that."""
    try:
        return sys.modules["_frozen_importlib"]._find_spec(name, None)
    except Exception:
        # A finder may be anybody's.
        return None


def on_path(name: str) -> Any:
    """What Python's own search of ``sys.path`` has of a name: the guest's
    word, which no finder of the caller's is asked for."""
    try:
        external: Any = sys.modules["_frozen_importlib_external"]
        return external.PathFinder.find_spec(name)
    except Exception:
        return None


def editable() -> tuple[str, ...]:
    """Top-level modules that the finders of editable installations know."""
    names: list[str] = []
    for finder in sys.meta_path:
        module = getattr(finder, "__module__", None)
        if isinstance(module, str) and module.startswith("__editable__"):
            # setuptools': from names to paths.
            mapping = getattr(sys.modules.get(module), "MAPPING", {})
            names += [name.partition(".")[0] for name in mapping]
    return tuple(names)


def where(spec: Any) -> tuple[str | None, tuple[str, ...]]:
    """A module's file and a package's directories, absolute."""
    try:
        origin = spec.origin if spec.has_location else None
        locations = tuple(map(str, spec.submodule_search_locations or ()))
    except Exception:
        return None, ()
    if origin is not None and not isinstance(origin, str):
        origin = None
    try:
        return (
            installation.absolute(origin) if origin else None,
            tuple(installation.absolute(one) for one in locations),
        )
    except OSError:
        # Relative, and the current directory was removed.
        return None, ()


def _is_reachable(
    name: str,
    origin: str | None,
    locations: tuple[str, ...],
    places: frozenset[str],
    found: dict[str, Found],
) -> bool:
    """Whether the guest's own search leads to the module."""
    parent, _, last = name.rpartition(".")
    searched = places
    if parent:
        try:
            searched = frozenset(sys.modules[parent].__path__)
        except Exception:
            searched = frozenset()
    if locations:
        return all(
            os.path.dirname(one) in searched and os.path.basename(one) == last
            for one in locations
        )
    if origin is None:
        return False
    stem = os.path.basename(origin).partition(".")[0]
    return os.path.dirname(origin) in searched and stem == last


def _files(origin: str | None, locations: tuple[str, ...]) -> list[Own]:
    if not locations:
        return [(PACKAGE, origin)] if origin else []
    return [(PACKAGE if origin else SPREAD, one) for one in locations]


def _add_parents(name: str, found: dict[str, Found]) -> None:
    """Parents that were made up, as pytest makes those of a test's file."""
    parent = name.rpartition(".")[0]
    while parent:
        module = sys.modules.get(parent)
        if spec_of(parent, module) is None:
            found.setdefault(parent, (parent, None, ()))
        parent = parent.rpartition(".")[0]
