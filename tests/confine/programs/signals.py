"""Run by test_landlock_scopes: a process outside; there is a child, too."""

import os
import signal
import sys

try:
    os.kill(int(sys.argv[1]), signal.SIGTERM)
    print("sent")
except PermissionError:
    print("refused")
pid = os.fork()
if pid == 0:
    signal.pause()
os.kill(pid, signal.SIGKILL)
print(os.waitpid(pid, 0)[1])
