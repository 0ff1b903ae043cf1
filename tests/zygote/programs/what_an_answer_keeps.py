"""Run by test_memory where there are cgroups: the store of an answer counts
where it was written; the call that wrote it is over, and no later one pays."""

from harness import run
from reported import Reported

from boxed import Limits

MIB = 1 << 20
LIMITS = Limits(memory=64 * MIB, result=64 * MIB)

kept = [
    run(eval, ("memoryview(bytearray(30 << 20)).tobytes()",), limits=LIMITS)
    for _ in range(8)
]
assert [len(one) for one in kept] == [30 * MIB] * 8
for _ in range(20):
    told = Reported("pass", LIMITS)
    assert told.peak < 8 * MIB, told.memory
