"""Run by test_memory: what bounds the memory of a call is what the argument
says."""

import sys

from reported import Reported

from boxed import Limits

told = Reported("pass", Limits(memory=64 << 20))
assert told.ruled_by == sys.argv[1], told.memory
