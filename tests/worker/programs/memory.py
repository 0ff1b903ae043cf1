"""Run by test_limits."""

from harness import refused, run

from boxed import Limits, RemoteError

limits = Limits(memory=256 << 20)
big = refused(MemoryError, run, bytes, (300 << 20,), limits=limits)
assert isinstance(big, RemoteError)
assert run(eval, ("len(bytes(200 << 20))",), limits=limits)
growing = "x = []\nwhile True: x.append(bytes(1 << 20))"
refused(MemoryError, run, exec, (growing,), limits=limits)
shared = "import mmap; x = [mmap.mmap(-1, 1 << 28) for _ in range(32)]"
refused((OSError, MemoryError), run, exec, (shared,), limits=limits)
product = (
    "float((lambda n: (n.ones((1000, 1000)) @"
    " n.ones((1000, 1000)))[0, 0])(__import__('numpy')))"
)
assert run(eval, (product,)) == 1000.0
assert run(eval, (product,), limits=limits) == 1000.0
assert run(abs, (-1,), limits=limits) == 1
