"""What the guests of the soak do."""

import ctypes
import hashlib
import os
import resource
import signal
import struct
import sys
import threading
import time


class Own:
    """Of the program, and so not allowed."""


def told(lines, aside, what, *args):
    """Prints, and then does something."""
    for line in lines:
        print(line)
    sys.stderr.write(aside)
    return what(*args)


def value(one):
    return one


def add(one, other):
    return one + other


def leave(error):
    raise error


def sleep_for_ever():
    time.sleep(10**6)


def spin():
    while True:
        pass


def digest():
    """Of all that is on descriptor 0."""
    return hashlib.sha256(sys.stdin.buffer.read()).hexdigest()


def as_bytes(size, seed):
    return (seed * (size // len(seed) + 1))[:size]


def sum_of(data):
    return hashlib.sha256(data).hexdigest()


def flood(descriptor, size):
    while True:
        os.write(descriptor, b"x" * size)


def end_by(number):
    """A signal, with what it does by default."""
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    sleep_for_ever()


def segfault():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(1)


def deaf(then):
    """To all that can be ignored."""
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    then()


def say(kind, body=b"", size=None):
    """Writes to the call socket, as the worker's own code does."""
    frame = sys._getframe()
    while frame.f_code.co_name != "work":
        frame = frame.f_back
    size = len(body) if size is None else size
    head = (0x46584F42, kind, frame.f_locals["call"], size, 0)
    os.write(3, struct.pack("=IIQQQ", *head) + body)


def say_and(kind, body, size, then, *args):
    say(kind, body, size)
    then(*args)


def write_nonsense(data):
    os.write(3, data)
    sleep_for_ever()


def close_all_and(then, *args):
    os.closerange(0, 256)
    then(*args)


def errno_of(what, *args):
    """That of what must be refused."""
    try:
        what(*args)
    except OSError as error:
        return error.errno
    return 0


def kill_others():
    """What each gets that is no process of the own."""
    return [
        errno_of(os.kill, pid, signal.SIGKILL) for pid in (1, os.getppid())
    ]


def start_threads():
    """As many as there can be; how many there are."""
    stop = threading.Event()
    count = 0
    try:
        while True:
            threading.Thread(target=stop.wait, daemon=True).start()
            count += 1
    except RuntimeError:
        return count


def write_file(path, size):
    with open(path, "wb", buffering=0) as file:
        for _ in range(size >> 16):
            file.write(bytes(1 << 16))


def open_files():
    kept = []
    while True:
        kept.append(os.dup(0))


def leave_children(count):
    """Processes that nobody waits for."""
    for _ in range(count):
        if os.fork() == 0:
            sleep_for_ever()
    return count


def fork_bomb():
    while True:
        try:
            os.fork()
        except BlockingIOError:
            time.sleep(0.001)


def name_of_uid(rows):
    return [os.getuid() for _ in rows]
