"""Run by test_seccomp_python: how to end."""

import ctypes
import os
import sys

(how,) = sys.argv[1:]
if how == "abort":
    os.abort()
if how == "fault":
    ctypes.string_at(0)
os._exit(int(how))
