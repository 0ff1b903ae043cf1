"""Run by test_core."""


def double(x):
    return 2 * x


class Adder:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        return x + self.n


if __name__ == "__main__":
    from harness import run

    print(run(double, (21,)), run(double, (21,), serializer="json"))
    print(run(Adder(2), (40,)))
