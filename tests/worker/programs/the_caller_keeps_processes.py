"""Run by test_reserved_tasks: a limit of threads for each sandbox."""

import contextlib
import subprocess
import sys
import threading
from typing import Any

from harness import Sandbox, source
from tasks import Told, children, hog, limit, used

from boxed import BoxedError, Limits

before = used()
most = 4 * before + 400
limit(most)
told: Any = Told()
boxes = [Sandbox(limits=Limits(threads=int(n))) for n in sys.argv[1:]]


def call(box):
    try:
        box.run(exec, (source(hog),))
    except BoxedError as error:
        print(error)


calls = [threading.Thread(target=call, args=(box,)) for box in boxes]
with contextlib.redirect_stdout(told):
    for each in calls:
        each.start()
        told.came.acquire()
    # The caller's own tasks are of the other three quarters, and so are
    # those of others that have its uid, who come and go.
    kept = children(most // 4)
    for box in boxes:
        box.close()
    for each in calls:
        each.join()
assert kept > most // 5, (kept, most)
started = [int(line) for line in told.text.split("\n")[: len(calls)]]
assert started[0] == 29 or len(calls) == 1, started
assert started[-1] > 100, started
command = [sys.executable, "-c", source(hog)]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
assert child.stdout and int(child.stdout.readline()) > 100
assert children(most // 4) < most // 20
child.kill()
child.wait()
