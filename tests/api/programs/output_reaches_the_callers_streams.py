"""Run by test_core."""

import contextlib
import io
import os

from harness import run

out, err = io.StringIO(), io.StringIO()
with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
    run(print, ("h\u00e9llo", "\x1b[2J"))
    run(os.write, (1, b"raw\n"))
    run(os.write, (2, b"bad \xff\n"))
assert out.getvalue() == "h\u00e9llo \\x1b[2J\nraw\n"
assert err.getvalue() == "bad \\xff\n"
