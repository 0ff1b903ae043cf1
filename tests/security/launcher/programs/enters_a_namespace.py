"""Run by test_intruders: a process with a namespace, a uid, a file to make."""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
pid, uid, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


def step(what, call, *args):
    if call(*args) == -1:
        sys.exit(what + ": " + os.strerror(ctypes.get_errno()))


try:
    fd = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
except OSError as error:
    sys.exit(f"open: {error.strerror}")
step("setns", libc.setns, fd, 0)
step("setresgid", libc.setresgid, uid, uid, uid)
step("setresuid", libc.setresuid, uid, uid, uid)
os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
print("in")
