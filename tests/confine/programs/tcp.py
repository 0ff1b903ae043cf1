"""Run by test_landlock_scopes: a port to connect to."""

import socket
import sys


def attempt(name, address):
    with socket.socket() as s:
        try:
            getattr(s, name)(address)
            print(name, "done")
        except PermissionError:
            print(name, "refused")


attempt("connect", ("127.0.0.1", int(sys.argv[1])))
attempt("bind", ("127.0.0.1", 0))
