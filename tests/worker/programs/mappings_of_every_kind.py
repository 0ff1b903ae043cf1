"""Run by test_memory_bounds."""

import os
import resource

from harness import told
from mappings import filled

from boxed import Limits

# MAP_ANONYMOUS with: private, shared, MAP_GROWSDOWN
PRIVATE, SHARED, STACK = 0x22, 0x21, 0x122
READ, WRITE = 1, 3


def inside(*how):
    return told(filled, *how, limits=Limits(memory=64 << 20))


assert inside(STACK, WRITE, 2000) == (0, 1)
size, why = inside(PRIVATE, WRITE, 2000)
assert 48 < size <= 64 and why == 12, (size, why)
# Twice the memory, and four times more.
for flags, protection in ((SHARED, WRITE), (PRIVATE, READ)):
    size, why = inside(flags, protection, 2000)
    assert 320 < size <= 384 and why == 12, (size, why)
if os.fork():
    assert os.wait()[1] == 0
else:
    resource.setrlimit(resource.RLIMIT_DATA, (96 << 20, 96 << 20))
    assert filled(PRIVATE, WRITE, 800)[0] < 100
    for flags, protection in (
        (STACK, WRITE),
        (SHARED, WRITE),
        (PRIVATE, READ),
    ):
        assert filled(flags, protection, 800) == (800, 0)
    os._exit(0)
