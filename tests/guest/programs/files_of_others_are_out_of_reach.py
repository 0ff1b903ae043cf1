"""Run by test_core_guest."""

import os
import tempfile

from harness import refused, run

from boxed import RemoteError

homes = [os.path.expanduser("~")] if os.getuid() else []
for place in ["/var/tmp", *homes]:
    with tempfile.NamedTemporaryFile("w", dir=place) as file:
        file.write("s")
        file.flush()
        os.chmod(file.name, 0o644)
        assert open(file.name).read() == "s"
        read = f"open({file.name!r}).read()"
        error = refused(OSError, run, eval, (read,))
        assert isinstance(error, RemoteError), error
