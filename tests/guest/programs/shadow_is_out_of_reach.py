"""Run by test_core_guest."""

from harness import refused, run

from boxed import RemoteError

error = refused(OSError, run, open, ("/etc/shadow",))
assert isinstance(error, (PermissionError, FileNotFoundError))
assert isinstance(error, RemoteError)
