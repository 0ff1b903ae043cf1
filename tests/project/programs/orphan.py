"""Run by test_environment_tools: what becomes of the child of a child."""

import os
import pathlib

near, far = os.pipe()
if os.fork() == 0:
    if (orphan := os.fork()) != 0:
        os.write(far, str(orphan).encode())
    os._exit(0)
os.wait()
stat = pathlib.Path("/proc", os.read(near, 9).decode(), "stat")
while True:
    try:
        state, parent = stat.read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        break
    if state == "Z" and int(parent) == os.getpid():
        raise SystemExit("a zombie of mine")
