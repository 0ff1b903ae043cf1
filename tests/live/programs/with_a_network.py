"""Run by test_shortages: the tier of a call that shares the network."""

import os

from boxed import run
from boxed._policy import tiers

assert run(os.getpid, serializer="json", network=True) > 0
print(tiers.settled())
