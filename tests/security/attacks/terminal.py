"""The caller's terminal."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import partial

from boxed._doctor.attack.reach import terminal_feeds
from boxed._doctor.attack.ways import Ways, first

from .attempts import attack
from .calls import call


@attack
def terminal(fds: list[int]) -> Ways:
    """What a process with a terminal can do to whoever else has it."""
    import termios

    def each(way: Callable[[int], object]) -> Callable[[], object]:
        return partial(first, {str(fd): partial(way, fd) for fd in fds})

    def resize(fd: int) -> None:
        size = ctypes.create_string_buffer(8)
        call("ioctl", fd, termios.TIOCSWINSZ, size)

    def set_attributes(fd: int) -> None:
        try:
            attributes = termios.tcgetattr(fd)
            attributes[3] &= ~termios.ECHO
            termios.tcsetattr(fd, termios.TCSANOW, attributes)
        except termios.error as error:
            raise OSError(*error.args) from error

    def by_name() -> None:
        os.close(os.open("/dev/tty", os.O_RDWR))

    return {
        "isatty": lambda: any(os.isatty(fd) for fd in fds),
        "/dev/tty": by_name,
        **terminal_feeds(fds),
        "TIOCSWINSZ": each(resize),
        "tcsetattr": each(set_attributes),
        "tcsetpgrp": each(lambda fd: os.tcsetpgrp(fd, os.getpgrp())),
    }
