"""What a guest of test_families starts: the next one like this, as often as
the first argument says; the second is this code."""

import subprocess
import sys

left = int(sys.argv[1])
if left == 0:
    sys.exit(print("deep", flush=True))
line = [sys.executable, "-I", "-S", "-c", sys.argv[2]]
try:
    subprocess.run([*line, str(left - 1), sys.argv[2]])
except BlockingIOError:
    print("refused", flush=True)
