"""Run by test_decoder_attacks: decodes the standard input, and prints the
modules that were imported for it."""

import sys

from boxed import _boxed

data = sys.stdin.buffer.read()
before = set(sys.modules)
_boxed.decode(data)
print(*sorted(set(sys.modules) - before))
