"""What programs_that_are_no_script.py has run, as `__main__`."""

import sys

import boxed

try:
    from . import sibling  # type: ignore[attr-defined]
except ImportError:
    import sibling


def see(path, reader, isolation, **options):
    try:
        found = boxed.run(reader, (path,), isolation=isolation, **options)
    except OSError:
        return False
    return found == b"secret"


def own(path):
    return open(path, "rb").read(9)


if __name__ == "__main__":
    path, isolation = sys.argv[1:]
    for reader in (own, sibling.read):
        assert open(path).read() == "secret"
        assert not see(path, reader, isolation)
        assert see(path, reader, isolation, read=[path])
    print("done")
