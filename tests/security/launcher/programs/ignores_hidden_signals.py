"""Run by test_hostile_starts, by an interpreter without boxed: the number of
rt_sigaction, and the launcher to become."""

import ctypes
import os
import struct
import sys

number, launcher = sys.argv[1:]
ignored = struct.pack("4Q", 1, 0, 0, 0)
libc = ctypes.CDLL(None)
for signal in (32, 33):
    assert libc.syscall(int(number), signal, ignored, None, 8) == 0
os.execv(launcher, ["python_boxed"])
