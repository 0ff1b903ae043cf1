"""For programs of test_reserved_tasks: how many tasks a uid has, and may."""

from __future__ import annotations

import os
import resource
import threading


def hog():
    """What a guest does, or a child outside: starts all the threads that it
    can, says how many those were, and stays."""
    import threading
    import time

    threading.stack_size(65536)
    started = 0
    try:
        for _ in range(4000):
            stay = threading.Thread(target=time.sleep, args=(100,))
            stay.daemon = True
            stay.start()
            started += 1
    except RuntimeError:
        pass
    print(started, flush=True)
    time.sleep(100)


class Told:
    """A stream, which tells of each line that comes."""

    def __init__(self) -> None:
        self.came, self.text = threading.Semaphore(0), ""

    def write(self, text: str) -> None:
        self.text += text
        for _ in range(text.count("\n")):
            self.came.release()

    def flush(self) -> None:
        pass


def children(count):
    """How many there can be, of so many."""
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
