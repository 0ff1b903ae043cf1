"""For programs of test_buffers: what a process holds of stores.

Where the kernel has no memfd that is never executable (before Linux 6.3),
everything but `mapped()` holds too.
"""

from __future__ import annotations

import gc
import os

from boxed import _boxed
from boxed._live.prefork import every

try:
    os.close(_boxed.new_store(4096))
    STORES = True
except OSError:
    STORES = False


def mapped():
    gc.collect()
    with open("/proc/self/maps") as maps:
        return STORES * maps.read().count("memfd:boxed")


def descriptors():
    """But for those of workers that stand by, which come and go."""
    ahead = [(len(one._waiting), len(one._prepared)) for one in every()]
    own = sum(4 * ready + 8 * more for ready, more in ahead)
    return len(os.listdir("/proc/self/fd")) - own
