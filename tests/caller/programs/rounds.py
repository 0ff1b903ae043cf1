"""Run by test_call_shortages: makes a round of calls, each time that it is
told to, or says what the caller and its sandboxes have."""

import errno
import gc
import json
import os
import sys

from boxed import BoxedError, Limits, SetupError, run
from boxed._live import registry

several = Limits(processes=3)
large = b"x" * (2 << 20)
CALLS: list[tuple] = [
    (abs, (-1,), 1, {}),
    (print, ("out",), None, {"stdout": sys.stderr}),
    (len, (large,), len(large), {}),
    (bytes, (2 << 20,), bytes(2 << 20), {}),
    (abs, (-1,), 1, {"limits": several}),
    (abs, (-1,), 1, {}),
]
SHORT = {
    *(errno.ENOMEM, errno.ENOBUFS, errno.ENFILE, errno.EMFILE),
    *(errno.ETOOMANYREFS, errno.ENOSPC, errno.EAGAIN),
}


def outcome(function, args, expected, options):
    """What it is, and nothing else that it might be taken for."""
    try:
        value = run(function, args, timeout=30, **options)
    except (OSError, BoxedError) as error:
        kind = type(error)
        number = getattr(error, "errno", None)
        if number in SHORT and kind in (
            *(OSError, BlockingIOError),
            *(SetupError, MemoryError),
        ):
            return errno.errorcode[number]
        return ascii(error)
    return "value" if value == expected else "another"


def settle():
    """The sandboxes, and how many descriptors are open."""
    boxes = [slot.box for slot in registry.shared.slots.values()]
    for box in boxes:
        box.standbys.end()
    gc.collect()
    return [box.pid for box in boxes] + [len(os.listdir("/proc/self/fd"))]


for line in sys.stdin:
    if json.loads(line)["what"] == "settle":
        answer = settle()
    else:
        answer = [outcome(*call) for call in CALLS]
    print(json.dumps(answer), flush=True)
