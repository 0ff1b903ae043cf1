"""Run by test_crowds: the same in processes that were forked before and after
their parent's first call."""

import json
import os
import sys
from functools import partial

from crowd import crowd
from harness import run
from launcher_attacks import echo

call = partial(run, echo, serializer="json")
counts = tuple(map(int, sys.argv[1:]))


def fork():
    pid = os.fork()
    if pid == 0:
        print(json.dumps(crowd(*counts)), flush=True)
        os._exit(0)
    return pid


children = [fork() for _ in range(2)]
assert call((1,)) == 1
children += [fork() for _ in range(2)]
assert call((2,)) == 2
for child in children:
    assert os.waitpid(child, 0)[1] == 0
assert call((3,)) == 3
