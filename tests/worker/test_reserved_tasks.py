"""Where guests have the caller's uid, their threads count for it: the caller
keeps room for its own, however many guests there are."""

from __future__ import annotations

import pytest
from core import check

# A guest, or a child outside, which starts all the threads that it can, says
# how many those were, and stays.
HOG = """
import sys, threading, time
threading.stack_size(65536)
started = 0
try:
    for _ in range(4000):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
print(started, flush=True)
time.sleep(100)
"""

CODE = f'''
import contextlib, resource, subprocess, threading
hog = {HOG!r}

class Told:
    def __init__(self):
        self.came, self.text = threading.Semaphore(0), ""
    def write(self, text):
        self.text += text
        for _ in range(text.count("\\n")):
            self.came.release()
    def flush(self):
        pass

def children(count):
    made = []
    try:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            made.append(pid)
    except BlockingIOError:
        pass
    for pid in made:
        os.waitpid(pid, 0)
    return len(made)

def limit(most):
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    resource.setrlimit(resource.RLIMIT_NPROC, (most, hard))

def used():
    """By the kernel's count, which takes in other namespaces."""
    low, high = 0, 1 << 14
    while high - low > 1:
        middle = (low + high) // 2
        limit(middle)
        low, high = (low, middle) if children(1) else (middle, high)
    return low
'''


@pytest.mark.case("P-R01")
@pytest.mark.parametrize(
    # Where there is no namespace, the first one takes all that there is.
    ("name", "threads"),
    [("rootless", (30, 500)), ("kubernetes", (500,))],
)
def test_the_caller_keeps_processes(make_environment, name, threads):
    """Guests of all sandboxes leave a quarter of the caller's limit; a child
    that is in no sandbox leaves nothing."""
    check(
        make_environment(name),
        CODE
        + f"THREADS = {threads}"
        + """
before = used()
most = 4 * before + 400
limit(most)
told = Told()
boxes = [Sandbox(limits=Limits(threads=n)) for n in THREADS]
def call(box):
    try:
        box.run(exec, (hog,))
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
started = [int(line) for line in told.text.split("\\n")[:len(calls)]]
assert started[0] == 29 or len(calls) == 1, started
assert started[-1] > 100, started
child = subprocess.Popen([sys.executable, "-c", hog], stdout=subprocess.PIPE)
assert int(child.stdout.readline()) > 100
assert children(most // 4) < most // 20
child.kill()
child.wait()
        """,
    )


def test_no_room_is_said(make_environment):
    """A caller that has more than three quarters is told so, and what mends
    it does."""
    check(
        make_environment("rootless"),
        CODE
        + """
before = used()
limit(before + 2)
error = refused(SetupError, run, abs, (-1,))
assert (error.stage, error.errno) == ("fork", 11), (error.stage, error)
assert "prlimit --nproc" in error.remedy, error.remedy
limit(4 * before + 200)
assert run(abs, (-1,)) == 1
        """,
    )
