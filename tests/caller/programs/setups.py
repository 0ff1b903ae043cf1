"""Run by test_forged_ends: tells of walls that are missing."""

from forging import forged, several

from boxed import ProtocolError, WorkerDied


def tells(say, stage, number, fd):
    import os
    import struct

    status = struct.pack("=IIiI", 0x54535842, stage, number, 0)
    if fd == 3:
        say(5, status)
    else:
        try:
            os.write(fd, status)
        except OSError as error:
            assert error.errno == 9, error
        else:
            os._exit(8)
    os._exit(111)


for limits in several:
    for stage, number in ((1, 1), (13, 1), (22, 22), (26, 3), (27, 3)):
        for fd in (3, 4, 5):
            error = forged(tells, stage, number, fd, limits=limits)
            expected = ProtocolError if fd == 3 else WorkerDied
            assert type(error) is expected, error
            assert getattr(error, "exitcode", 111) == 111, error
