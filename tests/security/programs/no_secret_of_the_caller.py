"""Run by test_hygiene: what guests see of secrets, and a plain child."""

import json
import subprocess
import sys

from harness import run
from launcher_attacks import world

print(json.dumps(run(world, args=sys.argv[1:], serializer="json")))
child = (
    "import json, sys, launcher_attacks as l;"
    "print(json.dumps(l.world(*sys.argv[1:])))"
)
command = [sys.executable, "-c", child, *sys.argv[1:]]
print(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)
