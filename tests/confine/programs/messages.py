"""Run by test_descriptors_in_flight."""

import socket

listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
near.sendmsg([b"a", b"b"])
print(far.recv(9).decode())
