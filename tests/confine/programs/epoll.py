"""Run by test_shared_counts."""

from counted import watched
from harness import refused, told

error = refused(OSError, told, watched, 200)
assert error.errno == 38, error
assert watched(200) == 400
