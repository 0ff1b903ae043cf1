"""Run by test_grants."""

from harness import refused, run

from boxed import UnsafeResultError

source = "__import__('types').SimpleNamespace(a=1)"
refused(UnsafeResultError, run, eval, (source,))
refused(TypeError, run, abs, (1,), allow=["int"])
