"""Run by test_old_landlock: the tier that a call gets."""

import sys

import boxed
from boxed._policy import tiers

assert boxed.run(abs, (-4,)) == 4
assert [tiers.settled()] == sys.argv[1:]
