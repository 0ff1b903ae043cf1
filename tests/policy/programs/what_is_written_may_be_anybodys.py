"""Run by test_grants: the same as root."""

import sys

from harness import run

(folder,) = sys.argv[1:]
write = f"open({folder + '/x'!r}, 'w').write('x')"
assert run(eval, (write,), write=[folder]) == 1
