"""Run by test_memory where there are cgroups: whatever a call has counts, of
all its processes; what it had is gone for the next one."""

import mmap
import os
import textwrap

from harness import run
from reported import Reported

from boxed import Limits

MIB = 1 << 20
ONE = Limits(memory=64 * MIB)
FOUR = Limits(memory=64 * MIB, processes=4)
PAGE = b"1" * MIB

SHARED = """
import mmap
block = mmap.mmap(-1, 200 << 20)
for at in range(0, 200 << 20, 1 << 20):
    block[at : at + (1 << 20)] = b"1" * (1 << 20)
"""
FILES = """
for folder in ("/tmp", "/dev/shm"):
    with open(folder + "/file", "wb") as file:
        for _ in range(100):
            file.write(b"1" * (1 << 20))
"""
TABLES = """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
                      ctypes.c_int, ctypes.c_int, ctypes.c_long]
for number in range(60000):
    at = libc.mmap((16 << 40) + (number << 30), 4096, 1, 0x22, -1, 0)
    ctypes.string_at(at, 1)
"""
PROCESSES = """
import os, signal
for _ in range(3):
    if os.fork() == 0:
        block = b"1" * (60 << 20)
        signal.pause()
block = b"1" * (60 << 20)
os.wait()
"""

empty = Reported("pass", ONE)
assert empty.ruled_by == "cgroup v1", empty.memory
assert empty.peak < 8 * MIB and empty.limit <= 3 * 64 * MIB, empty.memory
# Outside it can be had: what ends a guest is its cgroup.
outside = mmap.mmap(-1, 200 * MIB)
for at in range(0, 200 * MIB, MIB):
    outside[at : at + MIB] = PAGE
outside.close()
files = Limits(memory=64 * MIB, tmp_size=200 * MIB, file_size=200 * MIB)
for source, limits in ((SHARED, ONE), (TABLES, ONE), (FILES, files)):
    told = Reported(source, limits)
    assert os.WTERMSIG(told.status) == 9, told.memory
    assert told.kills == 1 and told.full > 0, told.memory
    assert told.limit * 9 // 10 <= told.peak <= told.limit, told.memory
    for _ in range(20):
        again = Reported("pass", limits)
        assert again.kills == 0 and again.peak < 8 * MIB, again.memory
told = Reported(PROCESSES, FOUR)
assert told.kills >= 1 and told.peak <= told.limit < 4 * 60 * MIB
# No guest holds a file of its cgroup.
held = textwrap.dedent("""
import os
raise LookupError([os.readlink(f"/proc/self/fd/{fd}")
                   for fd in os.listdir("/proc/self/fd")[:-1]])
""")
try:
    run(exec, (held,), limits=ONE)
except LookupError as error:
    assert "cgroup" not in str(error) and "tasks" not in str(error), error
