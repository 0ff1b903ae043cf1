"""However much a guest prints, in however many pieces, the caller's memory
stays as it is; where the output is kept, it is that of what is kept."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from core import check_file

from boxed._calls.output import CAPTURE, Streams

PROGRAM = Path(__file__).parent / "programs" / "floods.py"


@pytest.mark.timeout(200)
@pytest.mark.parametrize("part", ["targets", "capture"])
def test_memory_is_flat(make_environment, part):
    """While 128 MiB go to a file, a function, an object, nowhere."""
    root = make_environment("root")
    check_file(root, PROGRAM, "128", part, timeout=180)


@pytest.mark.timeout(200)
def test_what_is_kept_is_seen(make_environment):
    """The control."""
    root = make_environment("root")
    check_file(root, PROGRAM, "64", "controls", timeout=180)


@pytest.mark.fast
def test_small_pieces_weigh_no_more():
    """Each by itself would take 40 bytes and more."""
    size, piece = 1 << 20, b"xy"
    streams = Streams(size, (CAPTURE, CAPTURE))
    tracemalloc.start()
    try:
        for _ in range(size // len(piece)):
            streams.write(0, piece)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * size
    assert streams.captured(0) == "xy" * (size // 2)
