"""Run by test_memory_bounds."""

import subprocess
import sys

from harness import refused, run, source

from boxed import Limits, WorkerDied


def reach(most):
    """Raises its stack's limit as far as it may, and writes that far down."""
    import ctypes
    import resource

    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
    libc = ctypes.CDLL(None)
    at = ctypes.c_size_t.in_dll(libc, "__libc_stack_end").value
    for depth in range(1 << 20, most, 1 << 20):
        ctypes.memset(at - depth, 1, 1)


small = Limits(memory=64 << 20)
run(exec, (source(reach, 60 << 20),), limits=small)
too_far = source(reach, 70 << 20)
error = refused(WorkerDied, run, exec, (too_far,), limits=small)
assert error.signal == 11, error
subprocess.run([sys.executable, "-c", too_far], check=True)
