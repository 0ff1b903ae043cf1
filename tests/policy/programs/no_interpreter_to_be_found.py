"""Run by test_odd_paths."""

import sys

from harness import refused, run

from boxed import SetupError
from boxed._policy import installation

real = sys.executable
prefixes = ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix")
kept = {name: getattr(sys, name) for name in prefixes}
for name in prefixes:
    setattr(sys, name, "/nowhere")
sys.executable = "embedding"
found, installation._is_python = installation._is_python, (lambda path: False)
error = refused(SetupError, run, abs, (-1,))
assert "sys.executable is 'embedding'" in str(error), error
assert "set sys.executable" in error.remedy, error
installation._is_python = found
for name in prefixes:
    setattr(sys, name, kept[name])
sys.executable = real
assert run(abs, (-1,)) == 1
