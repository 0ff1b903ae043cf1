"""Run by test_call_memory: calls that die in their own ways, and one that
answers; of each, the most that it had."""

from reported import Reported

from boxed import Limits

MIB = 1 << 20
LIMITS = Limits(memory=256 * MIB)
GROW = "x = b'1' * (100 << 20)\n"
ENDS = ("import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)")

small = Reported("pass", LIMITS).peak
assert 0 <= small < 8 * MIB, small
for end in ("", *ENDS):
    told = Reported(GROW + end, LIMITS)
    assert told.ruled_by in ("watched", "cgroup v1", "cgroup v2")
    # Of what the zygote has, a fork is not given all.
    assert 80 * MIB <= told.peak <= small + 110 * MIB, (told.peak, small)
    assert told.limit == 0 or told.limit >= 256 * MIB
    assert (told.full, told.kills) == (0, 0)
