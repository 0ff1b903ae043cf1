"""For programs of the tests: a project to import from, in a directory that
everybody can read, with modules that read a path, and secrets beside them."""

from __future__ import annotations

import os
import tempfile

from harness import run

READ = "def read(path):\n    return open(path, 'rb').read(9)\n"


def put(*parts, text=READ, mode=0o644):
    """A file of a project."""
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def fresh(parent="/var/tmp"):
    """Its directory."""
    base = tempfile.mkdtemp(dir=parent)
    os.chmod(base, 0o755)
    return base


def see(path, reader, **options):
    """Whether a guest reads a file."""
    try:
        with open(path, "rb") as file:
            return run(reader, (path,), **options) == file.read(9)
    except OSError:
        return False
