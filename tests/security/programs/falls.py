"""Run by test_missing_walls: the tiers that calls get, or why none."""

import json
import os

from boxed import SetupError, run
from boxed._policy import tiers

told = {}
for isolation in ("full", "uid", "auto"):
    try:
        value = run(os.getuid, serializer="json", isolation=isolation)
        told[isolation] = tiers.settled() or isolation
    except SetupError as error:
        told[isolation] = [type(error).__name__, error.stage, str(error)]
print(json.dumps(told))
