"""Bytes changed, cut out of a stream or put into it."""

from __future__ import annotations

from hypothesis import strategies as st


def damaged(stream: bytes, data: st.DataObject, most: int = 1) -> bytes:
    """The stream, damaged in so many places at most."""
    changed = bytearray(stream)
    for _ in range(data.draw(st.integers(1, most))):
        start = data.draw(st.integers(0, len(changed)))
        end = min(len(changed), start + data.draw(st.integers(0, 3)))
        changed[start:end] = data.draw(st.binary(max_size=4))
    return bytes(changed)
