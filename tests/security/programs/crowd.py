"""Run by test_crowds: how many threads, and how many calls each makes."""

import json
import os
import sys
from functools import partial

from harness import in_threads, run
from launcher_attacks import die, echo, hold

from boxed import CallTimeout, WorkerDied

call = partial(run, serializer="json")


def is_right(turn, nonce):
    if turn % 9 == 4:
        try:
            call(hold, (60, nonce), timeout=0.2)
        except CallTimeout:
            return True
    elif turn % 9 == 7:
        try:
            call(die, (7,))
        except WorkerDied as error:
            return error.exitcode == 7
    else:
        return call(echo, (nonce,)) == nonce
    return False


def crowd(threads, rounds):
    """Each call that got what is not its own."""
    wrong = []

    def member(number):
        for turn in range(rounds):
            nonce = f"{os.getpid()}-{number}-{turn}"
            try:
                if not is_right(turn, nonce):
                    wrong.append([nonce, "value"])
            except BaseException as error:
                wrong.append([nonce, repr(error)])

    in_threads(threads, member)
    return wrong


if __name__ == "__main__":
    print(json.dumps(crowd(*map(int, sys.argv[1:]))))
