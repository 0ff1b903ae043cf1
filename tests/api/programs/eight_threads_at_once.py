"""Run by test_sandbox."""

from concurrent.futures import ThreadPoolExecutor

from harness import Sandbox

with Sandbox() as sandbox, ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda n: sandbox.run(abs, (-n,)), range(48)))
    assert found == list(range(48))
    assert len(sandbox._boxes.slots) == 1

    def mapped(n):
        return list(sandbox.map(pow, range(20), [n] * 20, chunksize=7))

    assert list(pool.map(mapped, range(8))) == [
        [i**n for i in range(20)] for n in range(8)
    ]
