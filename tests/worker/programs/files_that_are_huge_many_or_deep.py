"""Run by test_limits."""

from harness import left_in, refused, run

sparse = "open('/tmp/x', 'wb').truncate(1 << 50)"
refused(OSError, run, eval, (sparse,))
deep = "import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')"
error = refused(OSError, run, exec, (deep,))
assert error.errno == 28, error
assert left_in("/tmp") == []
