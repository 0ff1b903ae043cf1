"""Run by test_odd_paths: the argument is what sys.executable is, as an
expression."""

import ast
import sys

from harness import run


def add(a, b):
    return a + b


if __name__ == "__main__":
    sys.executable = ast.literal_eval(sys.argv[1])
    assert run(add, (1, 2), timeout=30) == 3
