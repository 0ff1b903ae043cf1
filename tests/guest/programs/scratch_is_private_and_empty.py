"""Run by test_world."""

import os

from harness import left_in, run

for folder in ("/tmp", "/dev/shm"):
    path = f"{folder}/left-{os.getpid()}"
    assert run(eval, (f"open({path!r}, 'w').write('x')",)) == 1
    assert left_in(folder) == []
    assert not os.path.exists(path)
temporary = "__import__('tempfile').NamedTemporaryFile().name"
assert run(eval, (temporary,)).startswith("/tmp/")
