"""Run by test_world."""

from harness import refused, run

for folder in ("/tmp", "/dev/shm", "/var/tmp"):
    write = f"open({folder + '/x'!r}, 'w')"
    refused(OSError, run, eval, (write,))
