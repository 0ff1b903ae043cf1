"""Run by test_grants."""

import socket
import threading

from harness import refused, run

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]


def serve():
    while True:
        listener.accept()[0].sendall(b"hello")


threading.Thread(target=serve, daemon=True).start()
source = (
    f"__import__('socket').create_connection(('127.0.0.1', {port}), 5).recv(5)"
)
assert eval(source) == b"hello"
refused(OSError, run, eval, (source,))
assert run(eval, (source,), network=True) == b"hello"
other = "__import__('socket').socket(__import__('socket').AF_UNIX)"
refused(OSError, run, eval, (other,), network=True)
