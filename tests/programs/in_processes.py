"""multiprocessing in the caller: each process has a sandbox of its own."""

import multiprocessing

from boxed import run

CALLS = [(2, "pickle"), (3, "cloudpickle"), (2, "json")]


def cube(x):
    return x**3


def boxed_cube(x, serializer):
    return run(cube, (x,), serializer=serializer)


if __name__ == "__main__":
    total = 0
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            total += sum(pool.starmap(boxed_cube, CALLS))
    print(total)
