"""Run by test_buffers."""

import numpy  # noqa: F401  or no result has its arrays
from harness import run
from stores import STORES, descriptors, mapped

both = "[__import__('numpy').full(1 << 18, n) for n in (1, 2)]"
run(eval, (both,))
before = descriptors()
first, second = run(eval, (both,))
again = run(eval, (both,))[0]
assert mapped() == 2 * STORES
assert first.flags.writeable and first.flags.aligned
assert first.ctypes.data % 64 == second.ctypes.data % 64 == 0
first[:] = 5
assert (again == 1).all() and (second == 2).all()
del first, again
assert mapped() == 1 * STORES and (second == 2).all()
del second
assert not mapped() and descriptors() == before
value = run(eval, ("(bytes(1 << 22), bytearray(1 << 22))",))
assert type(value[0]) is bytes and type(value[1]) is bytearray
assert not mapped()
