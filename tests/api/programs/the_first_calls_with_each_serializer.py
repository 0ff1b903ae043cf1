"""Run by test_sandbox."""

from math import sqrt

from boxes import is_there, pids
from harness import Sandbox

for serializer in ("json", "pickle", "cloudpickle", "dill"):
    with Sandbox(serializer=serializer, timeout=30) as sandbox:
        assert sandbox.run(sqrt, (4,)) == 2.0
        (box,) = pids(sandbox)
        assert sandbox.run(int, ("ff",), {"base": 16}) == 255
        assert list(sandbox.map(abs, [-1, 2])) == [1, 2]
        assert pids(sandbox) == {box} and is_there(box)
    assert not is_there(box)
