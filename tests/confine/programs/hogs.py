"""For none_in_flight.py, and the code of its guests: descriptors sent to
oneself, of which none is read."""


def hog(kind):
    """How many could be sent by sockets of a kind, and why no more; and the
    sockets."""
    import array
    import socket

    many = array.array("i", [0] * 250)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, many)]
    ends, sent, why = [], 0, None
    for _ in range(8):
        ends.append(socket.socketpair(socket.AF_UNIX, kind))
        try:
            ends[-1][0].sendmsg([b"x"], rights)
            sent += 250
        except OSError as error:
            why = error.errno
    return (sent, why), ends


def hogged(kind, code):
    names: dict = {}
    exec(code, names)
    return names["hog"](kind)[0]
