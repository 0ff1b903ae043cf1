"""What guests of the tests of answers begin with, for guest_code():
`frame(kind, body)` makes an answer to this very call, and `want(size)` asks
for a store as boxed does."""

import array
import os
import socket
import struct
import time  # noqa: F401  for what comes behind this

from within import call

CALL = call
VALUE, ERROR, REFUSED, SETUP, TOO_LONG = 2, 3, 4, 5, 6
WANT, GIVEN, STORED, REQUEST_STORED = 7, 8, 9, 10
HOST_CALL, HOST_ANSWER = 12, 13


def header(kind, size, id=CALL, magic=0x46584F42, limit=0):
    size, limit = size & (2**64 - 1), limit & (2**64 - 1)
    return struct.pack("=IIQQQ", magic, kind, id, size, limit)


def frame(kind, body, **changes):
    return header(kind, len(body), **changes) + body


def send(data):
    while data:
        data = data[os.write(3, data) :]


def ask(body):
    """A host call of these bytes; what the caller says to it."""
    send(frame(HOST_CALL, body))
    told = b""
    while len(told) < 80:
        told += os.read(3, 80 - len(told))
    size = struct.unpack("=IIQQQ", told[:32])[3]
    told = b""
    while len(told) < size:
        told += os.read(3, size - len(told))
    return told


def sizes(*numbers):
    return struct.pack(f"={len(numbers)}Q", *numbers)


def want(size):
    send(header(WANT, 0, limit=size))
    channel = socket.socket(fileno=os.dup(3))
    _, control, _, _ = channel.recvmsg(32, socket.CMSG_SPACE(4))
    return array.array("i", control[0][2])[0]
