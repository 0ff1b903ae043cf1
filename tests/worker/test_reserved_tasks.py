"""Where guests have the caller's uid, their threads count for it: the caller
keeps room for its own, however many guests there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-R01")
@pytest.mark.parametrize(
    # Where there is no namespace, the first one takes all that there is.
    ("name", "threads"),
    [("rootless", (30, 500)), ("kubernetes", (500,))],
)
def test_the_caller_keeps_processes(make_environment, name, threads):
    """Guests of all sandboxes leave a quarter of the caller's limit; a child
    that is in no sandbox leaves nothing."""
    program = PROGRAMS / "the_caller_keeps_processes.py"
    check_file(make_environment(name), program, *map(str, threads))


def test_no_room_is_said(make_environment):
    """A caller that has more than three quarters is told so, and what mends
    it does."""
    check_file(make_environment("rootless"), PROGRAMS / "no_room_is_said.py")
