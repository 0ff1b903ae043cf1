"""Run by test_grants."""

from harness import refused, run

for option in ("read", "write"):
    refused(FileNotFoundError, run, abs, (1,), **{option: ["/no/such/place"]})
    refused(TypeError, run, abs, (1,), **{option: "/etc"})
    for own in ("/", "/tmp", "/proc", "/dev"):
        refused(ValueError, run, abs, (1,), **{option: [own]})
