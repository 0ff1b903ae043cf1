"""What an_environment_in_a_project.py has run."""

import os
import sys

where, isolation = sys.argv[1:]
sys.path.append(where)
import ways

import boxed


def see(path, **options):
    try:
        found = boxed.run(ways.read, (path,), isolation=isolation, **options)
    except OSError:
        return False
    return found == b"secret"


if __name__ == "__main__":
    base = os.path.dirname(os.path.abspath(__file__))
    assert sys.prefix == base
    for name in (".env", "expected.txt", "code/expected.txt"):
        path = os.path.join(base, name)
        assert open(path).read() == "secret"
        assert not see(path), path
        assert see(path, read=[path]), path
    print("done")
