"""Run by test_map."""

from harness import Sandbox

with Sandbox() as sandbox:
    pid = "__import__('os').getpid()"
    found = list(sandbox.map(eval, [pid] * 10, chunksize=4))
    chunks = found[:4], found[4:8], found[8:]
    assert [len(set(chunk)) for chunk in chunks] == [1, 1, 1], found
    assert len(set(found)) == 3, found
