"""Run by test_landlock_scopes: a process to trace."""

import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
rc = libc.ptrace(16, int(sys.argv[1]), 0, 0)
print("attached" if rc == 0 else "refused")
