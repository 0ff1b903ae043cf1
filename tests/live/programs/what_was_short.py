"""Run by test_shortages: what a call came to, and what the next did when
it is told to go on."""

import json
import os
import sys
import time

from boxed import SetupError, run
from boxed._policy import refusals, tiers


def call():
    try:
        run(os.getpid, serializer="json")
    except SetupError as error:
        return [error.stage, error.errno]
    return tiers.settled()


if "generous" in sys.argv:
    import errno

    for answers in refusals.REFUSALS.values():
        answers[errno.ENOSPC] = "as if it were a refusal"
    refusals.switched_off = lambda *_, **__: "as if it were"
told = [call()]
if "release" in sys.argv:
    os.write(9, b"x")
    # Its zombie still holds them, and the kernel takes a little longer.
    os.wait()
    while isinstance(again := call(), list) and again[1] == told[0][1]:
        time.sleep(0.05)
    told.append(again)
print(json.dumps(told))
