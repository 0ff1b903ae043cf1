"""Run by test_map."""


class Point:
    def __init__(self, x):
        self.x = x


def double(point):
    return 2 * point.x


if __name__ == "__main__":
    from harness import Sandbox

    with Sandbox() as sandbox:
        values = sandbox.map(double, map(Point, range(5)), chunksize=2)
        print(list(values))
