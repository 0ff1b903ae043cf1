"""Run by test_core_guest: what the doctor says."""

import json
import subprocess
import sys

doctor = [sys.executable, "-m", "boxed", "doctor", "--json"]
done = subprocess.run(doctor, capture_output=True, check=False)
found = json.loads(done.stdout)
print(done.returncode, found["tier"])
