"""Run by test_core."""

from math import sqrt

from harness import run

for serializer in ("json", "pickle", "cloudpickle", "dill"):
    value = run(sqrt, args=(4,), serializer=serializer)
    assert value == 2.0 and type(value) is float, serializer
