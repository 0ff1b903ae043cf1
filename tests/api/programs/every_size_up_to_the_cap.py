"""Run by test_core."""

from harness import run

for size in (0, 1, 65535, 65536, 65537, 10 << 20):
    data = b"x" * size
    assert run(bytes, (data,)) == data, size
text = "y" * (1 << 20)
assert run(str, (text,), serializer="json") == text
