"""Run by test_grants."""

import os

from harness import refused, run

os.environ["OUTSIDE"] = "1"
source = "dict(__import__('os').environ)"
plain = run(eval, (source,))
assert set(plain) <= {"PATH", "HOME", "TMPDIR", "LANG", "LC_CTYPE"}
found = run(eval, (source,), env={"INSIDE": "2", "HOME": "/x"})
assert found["INSIDE"] == "2" and found["HOME"] == "/x"
assert "OUTSIDE" not in found
refused(ValueError, run, abs, (1,), env={"a=b": ""})
refused(ValueError, run, abs, (1,), env={"a": "b" + chr(0)})
