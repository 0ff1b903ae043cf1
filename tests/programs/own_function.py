"""A function of the script itself, with a global and a helper."""

from boxed import run

RATE = 3


def double(x):
    return 2 * x


def price(amount, *, extra=0):
    return double(amount) * RATE + extra


if __name__ == "__main__":
    print(run(price, (7,), {"extra": 1}))
