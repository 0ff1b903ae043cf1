"""Run by test_world."""

import os

from harness import refused, run


def byte(path):
    return f"open({path!r}, 'rb').read(1)"


assert run(eval, (byte("/dev/zero"),)) == b"\0"
assert len(run(eval, (byte("/dev/urandom"),))) == 1
assert run(eval, (byte("/dev/null"),)) == b""
assert run(eval, ("open('/dev/null', 'w').write('x')",)) == 1
error = refused(
    OSError, run, eval, ("open('/dev/full', 'w', 1).write('x\\n')",)
)
assert error.errno == 28
refused(PermissionError, run, os.mknod, ("/tmp/null", 0o20666, 259))
