"""Run by test_pool."""

import multiprocessing
import os

from harness import run


def one(barrier, out):
    barrier.wait()
    out.put(run(os.getuid))
    barrier.wait()


context = multiprocessing.get_context("fork")
barrier, out = context.Barrier(20), context.Queue()
processes = [
    context.Process(target=one, args=(barrier, out)) for _ in range(20)
]
for process in processes:
    process.start()
found = [out.get(timeout=40) for _ in processes]
for process in processes:
    process.join()
assert len(set(found)) == 20, sorted(found)
