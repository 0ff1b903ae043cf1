"""Run by test_grants."""

from harness import refused, run
from scratch import make

from boxed import SetupError

closed = make("closed", mode=0o600)
error = refused(SetupError, run, abs, (1,), read=[closed])
assert closed in str(error) and error.stage == "grants"
error = refused(
    SetupError, run, abs, (1,), write=[make("only-read", mode=0o644)]
)
assert "o+rw" in error.remedy
