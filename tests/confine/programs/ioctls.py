"""Run by test_landlock."""

import fcntl
import os

fd = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
try:
    fcntl.ioctl(fd, 0x80045430, bytes(4))
    print("done")
except PermissionError:
    print("refused")
