"""Run by test_core."""

from harness import run

n = 2


def outer(k):
    def inner(x):
        return x * k

    return inner


for serializer in ("cloudpickle", "dill"):
    assert run(outer(3), (4,), serializer=serializer) == 12
    assert run(lambda x: x + n, (4,), serializer=serializer) == 6
