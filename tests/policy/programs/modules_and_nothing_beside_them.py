"""Run by test_places."""

import os
import shutil
import socket
import sys

from project import fresh, put, see

base = fresh()
sys.path.insert(0, base)
put(base, "ways.py")
put(base, "pack/__init__.py")
inner = put(base, "pack/inner/data.txt", text="data")
put(base, "other-1.0.dist-info/METADATA", text="data")
libraries = [
    put(base, "pack.libs/libfortran-0352e75f.so.5.0.0", text="data"),
    put(base, "pack.libs/libblas-32a4b2a6.so", text="data"),
    put(base, "libown.so.1", text="data"),
]
secrets = [
    put(base, name, text="secret")
    for name in (
        ".env",
        "expected.txt",
        "data.csv",
        ".git/config",
        ".ssh/id_rsa",
        "results/expected.txt",
        "secret",
        "ways.py.bak",
        "pack/.env",
        "pack/.cache/token",
        ".hidden.py",
        "config.so.d/secret",
        ".venv2/lib/code.py",
        "docs/conf.txt",
        "pack.libs/notes.txt",
        "pack.libs/deeper/lib.so",
        "pack.libs/.hidden.so.1",
        "lib.so.1.key",
        "lib.so.",
    )
]
# By the name of a module, or of a package's data.
os.symlink("expected.txt", base + "/leak.py")
os.symlink("../expected.txt", base + "/pack/leak.txt")
os.symlink(".env", base + "/pack/inside.txt")
os.symlink("../.git", base + "/pack/folder")
os.symlink("..", base + "/pack/loop")
links = [
    base + name
    for name in (
        "/leak.py",
        "/pack/leak.txt",
        "/pack/inside.txt",
        "/pack/folder/config",
        "/pack/loop/expected.txt",
        "/pack/loop/.env",
    )
]
os.mkfifo(base + "/fifo.py")
socket.socket(socket.AF_UNIX).bind(base + "/socket.py")
with open(os.fsencode(base) + b"/odd\xff.py", "w"):
    pass
import pack
import ways

for path in (inner, *libraries):
    assert see(path, ways.read), path
assert see(ways.__file__, pack.read)
for path in secrets + links:
    assert open(path).read() in (
        "secret",
        pack_text := open(pack.__file__).read(),
    ), path
    assert not see(path, ways.read), path
    assert see(path, ways.read, read=[base]), path
shutil.rmtree(base)
