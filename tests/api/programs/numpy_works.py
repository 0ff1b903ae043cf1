"""Run by test_core."""

from harness import run

source = "float(__import__('numpy').arange(10.0).sum())"
assert run(eval, (source,)) == 45.0
