"""A guest of test_causes: fills the memory down to the smallest of what Python
allocates."""

import builtins
from typing import Any

kept: list[Any] = []
builtins.__dict__["kept"] = kept
for small in (lambda: bytearray(1 << 20), lambda: [0] * 8, object):
    try:
        while True:
            kept.append(small())
    except MemoryError:
        pass
