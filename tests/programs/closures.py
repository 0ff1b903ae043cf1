"""What only cloudpickle can send: a lambda, a closure."""

from boxed import run


def adder(n):
    return lambda x: x + n


print(run(adder(5), (1,), serializer="cloudpickle"))
