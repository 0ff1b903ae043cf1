"""Run by test_odd_paths."""

import os
import shutil
import sys
import threading

from harness import run
from project import fresh, put

from boxed._live import registry
from boxed._policy import mounts

base = fresh()
put(base, "goes/ways.py")
put(base, "goes/pack/__init__.py")
sys.path.insert(0, base + "/goes")
listed = mounts.entries


def entries(*args, **options):
    found = listed(*args, **options)
    shutil.rmtree(base)
    return found


mounts.entries = entries
assert run(abs, (-1,)) == 1
mounts.entries = listed
registry.close_all()
# Files that come, grow, shrink and go while they are copied.
sys.path.insert(0, base)
ended = threading.Event()


def change():
    number = 0
    while not ended.is_set():
        number += 1
        put(base, f"m{number % 50}.py", text="#" * (number * 7 % 9999))
        if number % 3 == 0:
            os.unlink(base + f"/m{number % 50}.py")


thread = threading.Thread(target=change)
thread.start()
try:
    for _ in range(5):
        assert run(abs, (-1,)) == 1
        registry.close_all()
finally:
    ended.set()
    thread.join()
shutil.rmtree(base)
