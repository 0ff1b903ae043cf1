"""Run by test_buffers."""

from functools import partial

import numpy as np
from harness import run


def change(array):
    writable = array.flags.writeable
    if writable:
        array.fill(7)
    return writable, int(array.sum())


array = np.ones(1 << 18)
own = partial(run, serializer="cloudpickle")
assert own(change, (array,)) == (True, 7 << 18)
assert (array == 1).all()
array.flags.writeable = False
assert own(change, (array,)) == (False, 1 << 18)
