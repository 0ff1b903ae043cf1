"""Run by test_hygiene: what is found before and after a call, and the same
in one process."""

import json

from harness import run
from launcher_attacks import inspect, soil

steps = (inspect, soil, inspect)
print(json.dumps([run(step, serializer="json") for step in steps]))
print(json.dumps([step() for step in steps]))
