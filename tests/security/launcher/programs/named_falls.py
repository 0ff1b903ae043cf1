"""Run by test_capabilities: what a program is told that can gain none."""

import json
import os

from launcher_attacks import echo

from boxed import SetupError, run
from boxed._policy import tiers

told = []
for isolation in ("full", "uid"):
    try:
        run(echo, args=(1,), serializer="json", isolation=isolation)
    except SetupError as error:
        told.append([error.stage, error.remedy])
value = run(os.getuid, serializer="json")
print(json.dumps([told, value, tiers.settled()]))
