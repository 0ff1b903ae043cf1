"""The interpreter and its installed packages: where they are.

Of these a guest sees everything.  What is on the import path besides is the
caller's own: see import_places.
"""

from __future__ import annotations

import os
import sys

from .._errors import SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Prefixes that hold much more than an interpreter, and directories of which
# no prefix is shown as a whole.
_SHARED = frozenset(
    """/ /bin /boot /dev /dev/shm /etc /home /media /mnt /opt /proc /root /run
    /sbin /srv /sys /tmp /usr /usr/bin /usr/local /usr/sbin /usr/share /var
    /var/tmp""".split()  # noqa: SIM905
)
# What an installation consists of: venv's, CPython's own and conda's.
_PARTS = (
    *("bin", "etc", "include", "lib", "lib32", "lib64", "libexec"),
    *("pyvenv.cfg", "share", "ssl"),
)
# What may lie beside those without anything being in it for a secret.
_BESIDE = frozenset(
    {*_PARTS, "conda-meta", "man", "sbin", ".gitignore", "Scripts", "doc"}
)


def absolute(path: str) -> str:
    """As os.path.abspath(), which keeps two slashes at a path's beginning, as
    POSIX permits: on Linux they are one."""
    found = os.path.abspath(path)
    return found[1:] if found[:2] == "//" else found


#: This package, of which the guest loads a part.
PACKAGE = os.path.dirname(os.path.dirname(absolute(__file__)))


def plain(path: str) -> str:
    """The same place without ``..``, which no order may name.

    A link in the last part stays: by its name an interpreter finds its
    environment.
    """
    if path[:1] != "/" or path[:2] == "//":
        path = absolute(path)
    if ".." not in path.split("/"):
        return path
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def executable() -> str:
    """The interpreter's absolute path.

    ``sys.executable`` is relative, empty or None where a program embeds the
    interpreter or has set it, and names that program then, if anything.

    :raises SetupError: there is none to be found.
    """
    given = sys.executable
    if isinstance(given, str) and given[:1] == "/" and _is_python(given):
        return plain(given)
    name = "python{}.{}".format(*sys.version_info)
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix)
    found = [os.path.join(prefix, "bin", name) for prefix in prefixes]
    # The end of a link, as long as the program was not removed.
    found.append(os.path.realpath("/proc/self/exe"))
    for path in found:
        if path[:1] == "/" and _is_python(path):
            return plain(path)
    if isinstance(given, str) and given[:1] == "/" and os.path.exists(given):
        return plain(given)
    from .advice import advice

    raise SetupError(
        f"sys.executable is {given!r}, which is no interpreter's path, and"
        f" there is none at {' or '.join(dict.fromkeys(found))}",
        stage="start",
        remedy=advice("executable"),
    )


def _is_python(path: str) -> bool:
    called = "python" in os.path.basename(path).lower()
    return called and os.access(path, os.X_OK) and os.path.isfile(path)


def _names_in(prefix: str) -> frozenset[str]:
    """What a prefix holds, which may be more than an installation: an
    environment may have been made in a project's directory, or in a home."""
    try:
        return frozenset(os.listdir(prefix))
    except OSError:
        return frozenset({""})


def _is_own(part: str, names: frozenset[str]) -> bool:
    """Whether a part of a prefix is there and no other name of another."""
    return os.path.basename(part) in names and not os.path.islink(part)


def trees() -> Iterator[str]:
    """What is shown of the interpreter, its library and its packages; some of
    it may not be there."""
    prefixes = (sys.prefix, sys.exec_prefix)
    bases = (sys.base_prefix, sys.base_exec_prefix)
    for prefix in dict.fromkeys(map(plain, (*prefixes, *bases))):
        if prefix in ("/", "/usr", "/usr/local"):
            continue
        names = _names_in(prefix)
        if _BESIDE.issuperset(names):
            yield prefix
        elif os.path.realpath(prefix) not in _SHARED:
            parts = (os.path.join(prefix, part) for part in _PARTS)
            yield from (part for part in parts if _is_own(part, names))
    # As sysconfig has them, whose import takes a millisecond.
    library = plain(os.path.dirname(os.__file__))
    yield library
    for prefix in dict.fromkeys(map(plain, (prefixes[1], bases[1]))):
        name = os.path.basename(library)
        yield os.path.join(prefix, sys.platlibdir, name)


def is_installed(path: str) -> bool:
    """Whether an absolute path on the import path is the installation's: the
    standard library, or where installers put packages."""
    if f"{path}/".startswith(roots()):
        return True
    real = os.path.realpath(path)
    parts = real.split("/")
    if parts[-1] in ("site-packages", "dist-packages"):
        # lib/python3/dist-packages, lib/python3.9/site-packages, and not any
        # directory of that name.
        return parts[-2][:6] == "python" and parts[-3][:3] == "lib"
    return is_below_roots(real)


def is_below_roots(real: str) -> bool:
    """Whether a real path lies in the standard library or in packages."""
    return f"{real}/".startswith(roots())


def roots() -> tuple[str, ...]:
    """Directories of the installation that modules are in, each with a slash
    at its end."""
    global _roots
    key = (sys.prefix, sys.base_prefix, sys.exec_prefix, os.__file__)
    if _roots is None or _roots[0] != key:
        _roots = (key, tuple(_found_roots()))
    return _roots[1]


_roots: tuple[object, tuple[str, ...]] | None = None


def _found_roots() -> Iterator[str]:
    name = "python{}.{}".format(*sys.version_info)
    yield os.path.dirname(os.__file__) + "/"
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix}:
        for one in {prefix, os.path.realpath(prefix)}:
            for part in ("lib", sys.platlibdir, "local/lib"):
                yield f"{one}/{part}/{name}/"
            yield f"{one}/lib/python3/dist-packages/"
