"""Run by test_limits."""

import textwrap

from harness import refused, run

from boxed import Limits

source = """
files = []
try:
    while True:
        files.append(open("/dev/null"))
except OSError as error:
    number = error.errno
raise LookupError(len(files), number)
"""
error = refused(
    LookupError,
    run,
    exec,
    (textwrap.dedent(source),),
    limits=Limits(open_files=50),
)
assert "24" in error.message, error.message
assert run(abs, (-1,), limits=Limits(open_files=50)) == 1
