"""Run by test_world."""

import os
import socket

from harness import run

assert socket.gethostname() != "boxed"
assert run(eval, ("__import__('os').uname().nodename",)) == "boxed"
assert run(os.path.expanduser, ("~",)) == "/tmp"
assert run(os.getcwd) == "/tmp"
