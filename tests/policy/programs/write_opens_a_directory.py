"""Run by test_grants: whether modes can be changed."""

import os
import sys

from harness import by_value, refused, run
from scratch import beside, content, folder, write

(modes,) = sys.argv[1:]
granted = os.path.join(folder, "out")
os.mkdir(granted)
os.chmod(granted, 0o777)
inside = os.path.join(granted, "a", "b")


def make(path):
    os.mkdir(os.path.dirname(path))
    with open(path, "w") as file:
        file.write("made")
    try:
        os.chmod(os.path.dirname(path), 0o777)
    except PermissionError:
        return "kept"
    return "changed"


assert by_value(make, (inside,), write=[granted]) == modes
assert content(inside) == "made"
refused(OSError, run, eval, (write(beside),), write=[granted])
refused(OSError, run, os.rename, (inside, folder + "/c"), write=[granted])
run(os.unlink, (inside,), write=[granted])
assert not os.path.exists(inside)
