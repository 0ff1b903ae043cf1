"""Run by test_landlock_scopes: a name to connect to."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as s:
    try:
        s.connect("\0" + sys.argv[1])
        print("done")
    except PermissionError:
        print("refused")
