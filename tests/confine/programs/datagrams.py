"""Run by test_seccomp_effect: a kind of socket, and a name to send to."""

import socket
import sys

kind, name = sys.argv[1:]
try:
    one, two = socket.socketpair(socket.AF_UNIX, getattr(socket, kind))
except PermissionError:
    print("refused")
else:
    try:
        one.sendto(b"x", name)
        print("sent")
    except OSError:
        print("failed")
    one.send(b"y")
    print(two.recv(9).decode())
