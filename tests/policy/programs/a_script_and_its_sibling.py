"""Run by test_found."""

import os

from harness import run
from project import put, see

here = os.path.dirname(os.path.abspath(__file__))
secret = os.path.join(here, ".env")


def read(path):
    return open(path, "rb").read(9)


if __name__ == "__main__":
    put(here, "sibling.py")
    put(here, ".env", text="secret")
    import sibling

    for reader in (read, sibling.read):
        assert run(reader, ("/dev/null",)) == b""
        assert not see(secret, reader)
        assert see(secret, reader, read=[secret])
