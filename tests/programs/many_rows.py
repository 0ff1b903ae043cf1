"""One Sandbox for many calls."""

from boxed import Sandbox


def ratio(a, b):
    return a / b


if __name__ == "__main__":
    with Sandbox(timeout=30) as sandbox:
        total = sum(sandbox.map(ratio, range(100), [2] * 100, chunksize=10))
        try:
            list(sandbox.map(ratio, [1, 1], [1, 0]))
        except ZeroDivisionError:
            total += 1
        print(total, sandbox.run(ratio, (1, 4)))
