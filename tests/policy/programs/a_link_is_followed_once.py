"""Run by test_grants."""

import os

from harness import run
from scratch import content, folder, make, read, write

target = make("target", "there")
link = os.path.join(folder, "link")
os.symlink(target, link)
assert run(eval, (read(link),), read=[link]) == "there"
assert run(eval, (write(link),), write=[link]) == 3
assert content(target) == "new" and os.path.islink(link)
