"""Guests that speak on their call socket themselves, byte by byte."""

from __future__ import annotations

from pathlib import Path

from guest_code import guest_code

from boxed import run

#: See programs/speaks.py.
PROGRAMS = Path(__file__).parent / "programs"
SPEAK = guest_code(PROGRAMS / "speaks.py")
GOOD = "frame(VALUE, b'\\x80\\x05K\\x07.')"


def speak(source: str, **options):
    """What the caller makes of a guest that sends by itself and exits."""
    return run(exec, (SPEAK + source + "\nos._exit(0)\n",), **options)


def caller_is_well() -> None:
    """The next call works."""
    assert run(abs, (-3,)) == 3


def descriptors() -> int:
    """How many this process has."""
    from boxed._live import prefork

    every = len(list(Path("/proc/self/fd").iterdir()))
    # Those that stand by come and go.
    ahead = [
        (len(one._waiting), len(one._prepared)) for one in prefork.every()
    ]
    return every - sum(4 * ready + 8 * more for ready, more in ahead)
