"""Run by test_core."""

from concurrent.futures import ThreadPoolExecutor

from harness import run

with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda n: run(abs, (-n,)), range(40)))
assert found == list(range(40))
