"""A function that takes too much ends by itself."""

import io

from boxed import LimitExceeded, Limits, WorkerDied, run


def hoard():
    held = []
    while True:
        held.append(bytearray(1 << 20))


def scribble():
    while True:
        print("x" * 1000)


def answer():
    return bytes(10 << 20)


if __name__ == "__main__":
    small = Limits(memory=128 << 20, output=10000, result=1 << 20)
    ended = []
    for function in (hoard, scribble, answer):
        try:
            run(function, limits=small, timeout=30, stdout=io.StringIO())
        except (LimitExceeded, MemoryError, WorkerDied):
            ended.append(function.__name__)
    print(*ended)
