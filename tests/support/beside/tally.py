"""A function whose runs can be counted, for programs of the tests."""

from __future__ import annotations

import os
import tempfile

from harness import run

tally = tempfile.NamedTemporaryFile(dir="/var/tmp")
os.chmod(tally.name, 0o666)
add = f"open({tally.name!r}, 'a').write('x')"


def count():
    return os.stat(tally.name).st_size


def call():
    return run(eval, (add,), write=[tally.name])
