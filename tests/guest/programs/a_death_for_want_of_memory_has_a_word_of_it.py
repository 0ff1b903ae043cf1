"""Run by test_causes."""

from harness import refused, run, source

from boxed import BoxedError, LimitExceeded, Limits, WorkerDied


def fill():
    import ctypes

    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    while True:
        at = libc.malloc(ctypes.c_size_t(1 << 20))
        ctypes.memset(at or 0, 1, 1 << 20)


small = Limits(memory=32 << 20)
error = refused(BoxedError, run, exec, (source(fill),), limits=small)
if "memory cgroup" in error.outcome.walls:
    assert isinstance(error, LimitExceeded) and error.resource == "memory"
else:
    assert isinstance(error, WorkerDied) and error.signal == 11
assert "Limits(memory=33554432)" in str(error), error
dies = "__import__('ctypes').memset(0, 1, 1)"
error = refused(WorkerDied, run, eval, (dies,))
assert error.signal == 11
assert "memory" not in str(error), error
