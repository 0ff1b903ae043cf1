"""Run by test_standby."""

import time

from harness import run
from standby_state import warm

draw = (
    "[__import__('random').random(),"
    " float(__import__('numpy').random.random()),"
    " __import__('os').urandom(8).hex()]"
)
options = {"imports": ["random", "numpy.random"]}
warm(2, **options)
time.sleep(0.3)
drawn = [run(eval, (draw,), **options) for _ in range(4)]
assert len({value for values in drawn for value in values}) == 12, drawn
