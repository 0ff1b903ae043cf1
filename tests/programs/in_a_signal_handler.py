"""A handler that calls run() while run() runs."""

import itertools
import signal
from math import sqrt

from boxed import run

handled = []


def handler(number, frame):
    handled.append(run(sqrt, (4,)))


if __name__ == "__main__":
    run(sqrt, (4,))
    signal.signal(signal.SIGALRM, handler)
    # At every moment of a call, from its first instruction to its last.
    for moment in itertools.count(1):
        signal.setitimer(signal.ITIMER_REAL, 2e-5 * (moment % 150 + 1))
        assert run(sqrt, (9,)) == 3.0
        signal.setitimer(signal.ITIMER_REAL, 0)
        if moment >= 300 and len(handled) >= 50:
            break
    print("handled", set(handled))
