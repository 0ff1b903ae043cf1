"""Runs a command as on a kernel with an older Landlock.

    old_landlock.py ABI -- COMMAND ...

The kernel's answer about its version is given by this process, so that whoever
asks restricts no more than the older kernel could.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
import sys

SECCOMP = {"x86_64": 317, "aarch64": 277}[platform.machine()]
CREATE_RULESET = 444
SET_MODE_FILTER, NEW_LISTENER = 1, 8
NOTIFY, ALLOW = 0x7FC00000, 0x7FFF0000
NOTIF_RECV, NOTIF_SEND = 0xC0502100, 0xC0182101
# landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION); the
# offsets are those of the number and of the third argument.
FILTER = (
    (0x20, 0, 0, 0),
    (0x15, 0, 3, CREATE_RULESET),
    (0x20, 0, 0, 32),
    (0x15, 0, 1, 1),
    (0x06, 0, 0, NOTIFY),
    (0x06, 0, 0, ALLOW),
)


def install() -> int:
    """Filter this process; returns the descriptor of who is asked."""
    code = b"".join(struct.pack("=HBBI", *line) for line in FILTER)
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("=HxxxxxxQ", len(FILTER), ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(SECCOMP, SET_MODE_FILTER, NEW_LISTENER, program)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return fd


def serve(listener: int, abi: int, ended: int) -> None:
    """Answer until there is nobody left who could ask, or `ended`."""
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    waiting.register(ended, select.POLLIN)
    while True:
        ready = dict(waiting.poll())
        if ended in ready:
            return
        note = bytearray(80)
        try:
            fcntl.ioctl(listener, NOTIF_RECV, note)
            (number,) = struct.unpack_from("=Q", note)
            answer = struct.pack("=QqiI", number, abi, 0, 0)
            fcntl.ioctl(listener, NOTIF_SEND, bytearray(answer))
        except FileNotFoundError:
            # Who asked has died meanwhile.
            continue


def main() -> int:
    abi, command = int(sys.argv[1]), sys.argv[3:]
    near, far = socket.socketpair()
    child = os.fork()
    if child == 0:
        listener = install()
        socket.send_fds(far, [b"x"], [listener])
        os.close(listener)
        os.execv(command[0], command)
    far.close()
    (listener,) = socket.recv_fds(near, 1, 1)[1]
    serve(listener, abi, os.pidfd_open(child))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
