"""The caller's terminal."""

from __future__ import annotations

import ctypes
import errno
import os

from .attempts import attempt
from .calls import libc


def terminal(fds: list[int]) -> dict[str, str]:
    """What a process with a terminal can do to whoever else has it."""
    import termios

    def each(function) -> None:
        error = OSError(errno.ENOTTY, "no descriptor")
        for fd in fds:
            try:
                function(fd)
            except OSError as caught:
                error = caught
            except termios.error as caught:
                error = OSError(*caught.args)
            else:
                return
        raise error

    def ioctl(request: int, value: bytes = b"!"):
        text = ctypes.create_string_buffer(value)

        def call(fd: int) -> None:
            if libc.ioctl(fd, ctypes.c_ulong(request), text) != 0:
                raise OSError(ctypes.get_errno(), "ioctl")

        return call

    def set_attributes(fd: int) -> None:
        attributes = termios.tcgetattr(fd)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(fd, termios.TCSANOW, attributes)

    def by_name() -> None:
        os.close(os.open("/dev/tty", os.O_RDWR))

    return {
        "isatty": attempt(lambda: any(os.isatty(fd) for fd in fds)),
        "/dev/tty": attempt(by_name),
        "TIOCSTI": attempt(each, ioctl(termios.TIOCSTI)),
        "TIOCSTI with high bits": attempt(
            each, ioctl(termios.TIOCSTI | 0x123 << 32)
        ),
        "TIOCSWINSZ": attempt(each, ioctl(termios.TIOCSWINSZ, bytes(8))),
        "tcsetattr": attempt(each, set_attributes),
        "tcsetpgrp": attempt(each, lambda fd: os.tcsetpgrp(fd, os.getpgrp())),
    }
