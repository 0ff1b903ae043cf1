"""For programs of test_families: what guests do that may make processes.

Each returns what it saw, if at all.
"""

from __future__ import annotations

from boxed import Limits

several = Limits(processes=4)


def forks():
    import os

    child = os.fork()
    if child == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def has_a_pool():
    import multiprocessing

    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(abs, [-1, -2, -3])


def leaves_a_daemon(end):
    import os
    import signal
    import time

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
    os.wait()
    if end == "stays":
        time.sleep(60)
    if end == "dies":
        os._exit(1)


def looks_around():
    import os

    return [p for p in os.listdir("/proc") if p.isdigit()]


def bombs():
    import errno
    import os
    import time

    made = 0
    while True:
        try:
            if os.fork() == 0:
                time.sleep(60)
        except OSError as error:
            return made, error.errno == errno.EAGAIN
        made += 1


def races():
    import os
    import subprocess
    import sys
    import threading
    import time

    def fork():
        try:
            pid = os.fork()
        except BlockingIOError:
            return 0
        if pid == 0:
            time.sleep(60)
        return 1

    threads = [
        threading.Thread(target=time.sleep, args=(60,), daemon=True)
        for _ in range(20)
    ]
    for one in threads:
        one.start()
    for _ in range(50):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    for _ in range(5):
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
    go, count = threading.Event(), []

    def race():
        go.wait()
        count.append(fork() + fork())

    racers = [threading.Thread(target=race) for _ in range(16)]
    for one in racers:
        one.start()
    go.set()
    for one in racers:
        one.join()
    return sum(count)


def forks_slowly(most, clone):
    """Its memory is in many pieces; CLONE is the number of the call."""
    import ctypes
    import mmap
    import os
    import threading
    import time

    libc, size, count = ctypes.CDLL(None), mmap.PAGESIZE, 40_000
    pieces = mmap.mmap(-1, count * size, mmap.MAP_PRIVATE)
    pieces.write(bytes(len(pieces)))
    start = ctypes.addressof(ctypes.c_char.from_buffer(pieces))
    for at in range(start, start + len(pieces), 2 * size):
        libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(size), 1)
    go, made = threading.Event(), []

    def fork():
        go.wait()
        pid = libc.syscall(clone, 17, 0, 0, 0, 0)
        if pid == 0:
            time.sleep(60)
        made.append(pid)

    threads = [threading.Thread(target=fork) for _ in range(8)]
    for one in threads:
        one.start()
    go.set()
    for one in threads:
        one.join()
    left = {pid for pid in made if pid > 0}
    for _ in range(500):
        left -= {pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]}
        if len(left) < most:
            break
        time.sleep(0.01)
    return len(left)


def chains(link):
    """Two chains of processes, of which each makes the next by LINK."""
    import subprocess
    import sys

    line = [sys.executable, "-I", "-S", "-c", link]
    return [
        subprocess.run([*line, length, link], stdout=-1).stdout
        for length in "23"
    ]
