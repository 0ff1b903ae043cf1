"""Run by test_descriptors_in_flight."""

import resource
import socket

import hogs
from harness import refused, text, told

from boxed import Limits

for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    for limits in (Limits(), Limits(processes=4)):
        args = int(kind), text(hogs)
        assert told(hogs.hogged, *args, limits=limits) == (0, 1)
# The control: a thousand are too many for a limit of 400.
resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))
near, far = socket.socketpair()
socket.send_fds(near, [b"x"], [0])
(sent, why), held = hogs.hog(socket.SOCK_STREAM)
assert sent >= 400 and why == 109, (sent, why)
error = refused(OSError, socket.send_fds, near, [b"x"], [0])
assert error.errno == 109
