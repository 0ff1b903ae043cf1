"""Run by test_reserved_tasks."""

from harness import refused, run
from tasks import limit, used

from boxed import SetupError

before = used()
limit(before + 2)
error = refused(SetupError, run, abs, (-1,))
assert (error.stage, error.errno) == ("fork", 11), (error.stage, error)
assert "prlimit --nproc" in error.remedy, error.remedy
limit(4 * before + 200)
assert run(abs, (-1,)) == 1
