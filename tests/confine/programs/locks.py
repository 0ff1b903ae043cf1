"""Run by test_seccomp_effect: a file to lock."""

import fcntl
import sys

with open(sys.argv[1], "r+") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print("locked")
    except OSError:
        print("busy")
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        print("flocked")
    except PermissionError:
        print("refused")
