"""Run by test_buffers."""

from harness import run

make = "__import__('pickle').PickleBuffer(b'ab' * %d)"
for options in ({}, {"trust_result": True}):
    assert run(eval, (make % 2,), **options) == b"abab"
    view = run(eval, (make % (1 << 20),), **options)
    assert view == b"ab" * (1 << 20)
