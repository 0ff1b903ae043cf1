"""Run by test_core_guest."""

import os

from harness import refused, run, source

os.environ["SECRET"] = "s3cret"
secret = open(os.__file__)
os.set_inheritable(secret.fileno(), True)
assert run(eval, ("dict(__import__('os').environ)",)).get("SECRET") is None


def probe():
    import os

    found = []
    for fd in range(4096):
        try:
            os.fstat(fd)
            found.append(fd)
        except OSError:
            pass
    raise LookupError(repr(found))


error = refused(LookupError, run, exec, (source(probe),))
assert error.message == "[0, 1, 2, 3]", error.message
