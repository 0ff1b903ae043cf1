"""Projects to import from, with secrets beside the code, for the tests."""

from __future__ import annotations

import textwrap

# Behind core's preamble: makes a project in a directory that everybody can
# read, whose `ways` are modules that read a path.
PROJECT = '''
import shutil, tempfile
READ = "def read(path):\\n    return open(path, 'rb').read(9)\\n"
def put(*parts, text=READ, mode=0o644):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path
def fresh(parent="/var/tmp"):
    base = tempfile.mkdtemp(dir=parent)
    os.chmod(base, 0o755)
    return base
def see(path, reader, **options):
    """Whether a guest reads a file."""
    try:
        return run(reader, (path,), **options) == open(path, "rb").read(9)
    except OSError:
        return False
'''


def project(code: str) -> str:
    """Code behind those functions."""
    return PROJECT + textwrap.dedent(code)
