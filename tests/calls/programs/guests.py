"""What the guests of the programs beside do."""

import os
import resource
import signal
import struct
import sys
import threading
import time


class Own:
    """Of the script, and so not allowed."""


def told(what, *args):
    """Prints, and then does it."""
    print("before")
    print("aside", file=sys.stderr, flush=True)
    sys.stdout.flush()
    return what(*args)


def spin():
    while True:
        pass


def write_a_frame():
    os.write(3, b"no header, but as long as one would have to be")
    time.sleep(60)


def own_pid(number, what, args):
    """A guest learns its pid only inside."""
    return what(*[os.getpid() if arg == "self" else arg for arg in args])


def say(kind, body=b"", size=None):
    """Writes to the call socket, as the worker's own code does."""
    frame = sys._getframe()
    while frame.f_code.co_name != "work":
        frame = frame.f_back
    size = len(body) if size is None else size
    head = (0x46584F42, kind, frame.f_locals["call"], size, 0)
    os.write(3, struct.pack("=IIQQQ", *head) + body)


def send_oneself(number):
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    time.sleep(60)


def answer_and_be_killed(kind, body):
    say(kind, body)
    os.kill(os.getpid(), signal.SIGKILL)


def answer_and_go_on(kind, body):
    """With work that no end of the interpreter ends."""
    say(kind, body)
    threading.Thread(target=spin).start()
    time.sleep(60)


def answer_in_part(then):
    say(2, b"begun", 1000)
    then()


def announce(size):
    say(6, str(size).encode())
    time.sleep(60)


def leave(how):
    raise how


def spin_deaf():
    """To all that can be ignored."""
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    spin()


def spin_and_leave():
    """When it is told that its processor time is over."""

    def handler(number, frame):
        os._exit(0)

    signal.signal(signal.SIGXCPU, handler)
    spin()


def print_and_leave(count):
    os.write(1, b"x" * count)
    os._exit(0)


def fill_the_memory():
    kept = []
    for size in (1 << 20, 1 << 10, 1):
        try:
            while True:
                kept.append(bytearray(size))
        except MemoryError:
            continue
    raise ValueError("not of memory")


def use(field, seconds):
    """Processor time, as the kernel tells the process itself."""
    while getattr(resource.getrusage(resource.RUSAGE_SELF), field) < seconds:
        if field == "ru_utime":
            sum(range(20000))
        else:
            os.urandom(1 << 18)


def touch(size):
    return len(bytearray(b"x") * size)


def touch_and_free(size):
    touch(size)
    time.sleep(0.01)


def sleep_often(times):
    for _ in range(times):
        time.sleep(0.001)


def write_both(out, err):
    os.write(1, b"x" * out)
    os.write(2, b"x" * err)


def fork_and_use(seconds, how):
    """Two children, which tell when they have done it."""
    done, tell = os.pipe()
    for _ in range(2):
        if os.fork() == 0:
            use("ru_utime", seconds)
            os.write(tell, b"x")
            if how != "wait":
                time.sleep(60)
            os._exit(0)
    for _ in range(2):
        if how == "wait":
            os.wait()
        else:
            os.read(done, 1)
    if how == "stay":
        time.sleep(60)


def fork_and_touch(size):
    child = os.fork()
    if child == 0:
        touch(size)
        os._exit(0)
    os.waitpid(child, 0)


LINE = b"a line of sixty-four bytes, as programs print them by the lot. \n"


def print_much(size):
    """In lines."""
    block = LINE * 1024
    for _ in range(size // len(block)):
        os.write(1, block)


def write_file(size):
    with open("/tmp/file", "wb", buffering=0) as file:
        for _ in range(size >> 16):
            file.write(bytes(1 << 16))


def die_of_a_file(size):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    write_file(size)


def open_many():
    while True:
        os.dup(0)


def fork_many():
    while os.fork():
        pass
    time.sleep(60)


def start_many():
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
