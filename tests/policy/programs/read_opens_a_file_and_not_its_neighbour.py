"""Run by test_grants."""

from harness import refused, run
from scratch import beside, content, make, read, write

granted = make("granted")
assert run(eval, (read(granted),), read=[granted]) == "t"
refused(OSError, run, eval, (write(granted),), read=[granted])
refused(OSError, run, eval, (read(beside),), read=[granted])
refused(OSError, run, eval, (read(granted),))
assert content(granted) == "t"
