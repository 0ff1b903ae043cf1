"""Run by test_inherited: variables to set, as JSON."""

import json
import os
import subprocess
import sys

from harness import run
from launcher_attacks import echo, world

os.environ.update(json.loads(sys.argv[1]))
run(echo, args=(1,), serializer="json")
names = ("CANARY", "canary", "SECRET", "kept")
print(json.dumps(run(world, args=names, serializer="json")), flush=True)
sys.stderr.flush()
os.write(2, b"=====\n")
subprocess.run([sys.executable, "-c", ""])
