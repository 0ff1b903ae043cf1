"""Functions of itself, and of a module of the package."""

from boxed import run

from .work import half


def quarter(x):
    return half(half(x))


if __name__ == "__main__":
    print(run(half, (6,)), run(quarter, (6,)))
