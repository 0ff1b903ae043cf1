"""Run by test_standby_lives."""

from standby_state import box, until, waiting, warm, workers
from tally import call, count, tally

from boxed._live import prefork

prefork.STANDBY_SECONDS = 0.5
# None is wanted but for those that are missing.
prefork.YOUTH = 0
for _ in range(3):
    warm(2, write=[tally.name])
    until(lambda: len(workers()) >= 2)
    until(lambda: not workers())
    before, wanted = count(), box().standbys._wanted
    assert call() == 1
    assert count() == before + 1
    # Half as many as nobody wanted.
    assert len(waiting()) == wanted // 2 == box().standbys._wanted
