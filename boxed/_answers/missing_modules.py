"""Why a guest has no module of a name that the caller has, and what mends it.

The name is an attribute of the guest's exception, and so the guest's word.
It is looked up by Python's own search of ``sys.path`` alone, which imports
nothing, and in what the caller imported.
"""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from itertools import islice

from .._policy import found_modules, tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._errors import RemoteError
    from .._policy.import_places import Places

_LONGEST_NAME = 200
# The name, and so the directory, is of a guest's choice, and may hold more
# than could be looked at while somebody waits for the call.
_MOST_LOOKED = 10_000


def why_missing(error: BaseException, places: Places, tier: str) -> str | None:
    """What to add to an import's error, if the caller has the module.

    :param error: what the guest raised; only a ModuleNotFoundError and a
        PermissionError say of a module that it is missing.
    :param places: where the guest imports from.
    """
    found = _told_name(error) or _told_file(error)
    if found is None:
        return None
    top, where = found
    closed = _closed_parts(where, places, tier)
    if closed:
        return (
            f"the caller has it at {where}, which is closed to the guest's"
            f" user: `{' && '.join(closed)}`, or isolation='rootless' where"
            " the machine permits that"
        )
    return f"the caller has it at {where}, {_not_shown(top, where, places)}"


def _told_name(error: BaseException) -> tuple[str, str] | None:
    """The package's name, and where the caller has it."""
    if not isinstance(error, ModuleNotFoundError):
        return None
    name = error.name or ""
    parts = name.split(".")
    if len(name) > _LONGEST_NAME or not all(map(str.isidentifier, parts)):
        return None
    where = _where(name) or _where(parts[0])
    return (parts[0], where) if where else None


def _told_file(error: BaseException) -> tuple[str, str] | None:
    """The same, where there are no mounts: a module that is not shown is
    there, and closed."""
    if not isinstance(error, PermissionError) or error.errno != errno.EACCES:
        return None
    file = error.filename
    if type(file) is not str or not file.endswith(".py"):
        return None
    for place in sys.path:
        if isinstance(place, str) and file.startswith(f"{place}/"):
            inside = file[len(place) + 1 :]
            top = inside.partition("/")[0].partition(".")[0]
            return (top, file) if os.path.isfile(file) else None
    return None


def _not_shown(top: str, where: str, places: Places) -> str:
    """Why, and what shows it."""
    folder = os.path.dirname(where)
    if places.given is not None and folder not in places.path:
        return f"which path= does not name: add {folder!r} to it"
    for place in places.path:
        spread = os.path.join(place, top)
        if (
            f"{where}/".startswith(f"{spread}/")
            and os.path.isdir(spread)
            and (found_modules.SPREAD, spread) not in places.own
        ):
            return (
                "a directory without __init__.py from which it has imported"
                f" nothing itself: name it with imports=[{top!r}]"
            )
    return (
        "which is not what a guest is shown of the caller's own modules: name"
        f" it with read=[{where!r}], or its directory with path=[...]"
    )


def _where(name: str) -> str | None:
    """A module's file, or a package's directory."""
    spec = found_modules.spec_of(name, sys.modules.get(name))
    if spec is None and "." not in name:
        spec = found_modules.on_path(name)
    if spec is None:
        return None
    origin, locations = found_modules.where(spec)
    found = locations[0] if locations else origin
    return found if found and os.path.exists(found) else None


def _closed_parts(where: str, places: Places, tier: str) -> list[str]:
    """Commands that open a module's files to the guest's user."""
    if tier not in tiers.TAKES_UID:
        return []
    own = {path for _, path in places.own}
    folder = os.path.dirname(where)
    if tier in tiers.NAMESPACES:
        # What is copied is shown whatever its mode, and mounts do not ask for
        # the modes of the directories above them.
        if own & {where, folder}:
            return []
        above: list[str] = []
    else:
        above = [one for one in _parents(folder) if _lacks(one, stat.S_IXOTH)]
    commands = []
    if above:
        commands.append(f"chmod o+x {shlex.join(above)}")
    if _lacks(folder, stat.S_IXOTH | stat.S_IROTH):
        commands.append(f"chmod o+rx {shlex.quote(folder)}")
    if _holds_closed(where):
        commands.append(f"chmod -R o+rX {shlex.quote(where)}")
    return commands


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) or "/" for end in range(1, len(parts))]


def _lacks(path: str, bits: int) -> bool:
    try:
        return os.stat(path).st_mode & bits != bits
    except OSError:
        return True


def _holds_closed(where: str) -> bool:
    if not os.path.isdir(where):
        return _lacks(where, stat.S_IROTH)
    bits = stat.S_IROTH | stat.S_IXOTH
    return any(
        _lacks(path, bits if is_folder else stat.S_IROTH)
        for path, is_folder in islice(_modules_in(where), _MOST_LOOKED)
        if is_folder or path.endswith((".py", ".so", ".pyc"))
    )


def _modules_in(top: str) -> Iterator[tuple[str, bool]]:
    """A directory and what is in it, to any depth: the paths, and whether
    each is a directory."""
    folders = [top]
    while folders:
        folder = folders.pop()
        yield folder, True
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.name[0] != ".":
                        yield entry.path, False
        except OSError:
            continue


def add_why(error: RemoteError, places: Places, tier: str) -> None:
    """Have a guest's error say so, if a module is missing."""
    why = why_missing(error, places, tier)
    if why is not None:
        error.message = f"{error.message}; {why}"
        if len(error.args) == 1:
            error.args = (error.message,)
