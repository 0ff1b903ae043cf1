"""Run by test_standby_lives."""

import os

from standby_state import box, descriptors, until, warm, workers

from boxed._live import prefork, registry

before = descriptors()
warm(2)
# Those that were announced may still be about to be forked.
until(lambda: len(workers()) >= 2)
old, pids = box(), workers()
old.standbys._wanted = prefork.MOST
old.standbys.prepare()
registry.close_all()
old.standbys.prepare()
old.standbys.open(trusted=True)
assert not old.standbys._waiting
until(lambda: not any(map(os.path.exists, (f"/proc/{n}" for n in pids))))
assert descriptors() == before
