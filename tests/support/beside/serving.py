"""The program of calling.Caller: makes the calls that it is told to, and says
what came of each.  Its argument, if any, is how long its standbys live."""

from __future__ import annotations

import importlib
import json
import sys

from boxed import run
from boxed._live import prefork


def outcome(asked):
    module, _, name = asked.pop("function").partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        return {"value": run(function, serializer="json", **asked)}
    except Exception as error:
        return {
            "error": type(error).__name__,
            "bases": [base.__name__ for base in type(error).__mro__],
            "text": str(error),
            "stage": getattr(error, "stage", None),
            "errno": getattr(error, "errno", None),
        }


if __name__ == "__main__":
    if sys.argv[1:]:
        prefork.STANDBY_SECONDS = float(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(outcome(json.loads(line))), flush=True)
