"""The program of carrying.Program: makes a call for each order, with options
as a user would write them, and says what came of it."""

import json
import os
import sys

from boxed import Limits, SetupError, run
from boxed._policy import tiers

NAMES = {"Limits": Limits, "os": os, "run": run, "sys": sys}

for line in sys.stdin:
    options = json.loads(line)["options"]
    told: dict[str, object]
    try:
        value = eval(f"run(abs, (-3,), {options})", NAMES)
        told = {"value": value, "tier": tiers.settled()}
    except (SetupError, PermissionError, ImportError) as error:
        told = {"error": str(error), "remedy": getattr(error, "remedy", None)}
    print(json.dumps(told), flush=True)
