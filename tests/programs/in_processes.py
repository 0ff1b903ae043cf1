"""multiprocessing in the caller: each process has a sandbox of its own."""

import multiprocessing

from boxed import run


def cube(x):
    return x**3


def boxed_cube(x):
    return run(cube, (x,))


if __name__ == "__main__":
    total = boxed_cube(1)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(total + sum(pool.map(boxed_cube, [2, 3])))
