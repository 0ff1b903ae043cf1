"""Run by test_odd_paths."""

import os
import shutil
import sys

from harness import refused, run
from project import fresh, put

from boxed import SetupError

base = fresh()
places = [base + f"/place{number}" for number in range(1300)]
for place in places:
    os.mkdir(place)
put(places[499], "ways.py")
sys.path += places[:500]
import ways

assert run(ways.read, ("/dev/null",)) == b""


def mended():
    error = refused(SetupError, run, ways.read, ("/dev/null",))
    assert error.stage == "order" and "path=" in error.remedy, error
    only = [os.path.dirname(ways.__file__)]
    assert run(ways.read, ("/dev/null",), path=only) == b""


sys.path += places[500:]
mended()
del sys.path[-800:]
for place in places[:300]:
    os.makedirs(place + "/" + "/".join(["long" * 50] * 4))
    sys.path.append(place + "/" + "/".join(["long" * 50] * 4))
mended()
shutil.rmtree(base)
