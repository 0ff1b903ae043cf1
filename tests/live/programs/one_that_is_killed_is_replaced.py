"""Run by test_standby_lives."""

from standby_state import kill_all, until, warm
from tally import call, count, tally

for turn in range(10):
    warm(write=[tally.name])
    if not kill_all() and turn % 2:
        until(kill_all)
    before = count()
    assert call() == 1
    assert count() == before + 1
