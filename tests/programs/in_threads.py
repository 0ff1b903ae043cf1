"""A pool of threads, as a web server has."""

from concurrent.futures import ThreadPoolExecutor

from boxed import run


def square(x):
    return x * x


if __name__ == "__main__":
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: run(square, (x,)), range(12)))
    print(sum(found))
