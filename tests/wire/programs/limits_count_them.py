"""Run by test_buffers."""

import numpy as np
from harness import refused, run

from boxed import LimitExceeded, Limits

limits = Limits(memory=128 << 20)
assert run(len, (bytes(40 << 20),), limits=limits) == 40 << 20
limits = Limits(memory=32 << 20)
refused(MemoryError, run, len, (np.ones(6 << 20),), limits=limits)
refused(MemoryError, run, len, (bytes(40 << 20),), limits=limits)
assert run(abs, (-1,), limits=limits) == 1
make = "__import__('numpy').zeros(%d, 'u1')"
limits = Limits(result=4 << 20)
error = refused(LimitExceeded, run, eval, (make % (4 << 20),), limits=limits)
assert error.resource == "result"
array = run(eval, (make % ((4 << 20) - 4096),), limits=limits)
assert array.nbytes == (4 << 20) - 4096
none = Limits(file_size=0)
assert not run(eval, (make % (5 << 20),), limits=none).any()
assert run(bytes, (5 << 20,), limits=none) == bytes(5 << 20)
# Written twice the value, the stream would be beyond this limit.
limits = Limits(memory=100 << 20)
assert len(run(bytes, (60 << 20,), limits=limits)) == 60 << 20
