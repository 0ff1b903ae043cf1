"""Run by test_forged_ends: ends of a worker that leave something in its
socket, or shut it."""

from forging import forged, several

from boxed import WorkerDied


def resets(say, end):
    import os
    import select

    say(7, limit=4096)
    select.select([3], [], [])
    try:
        if end == "reads some":
            os.read(3, 5)
        if end == "shuts it":
            import socket

            socket.socket(fileno=3).shutdown(0)
    except (OSError, ImportError):
        pass
    os._exit(7)


def ends(say):
    import os

    os._exit(7)


for limits in several:
    for end in ("reads none", "reads some", "shuts it"):
        error = forged(resets, end, limits=limits)
        assert type(error) is WorkerDied and error.exitcode == 7, error
    error = forged(ends, limits=limits)
    assert error.exitcode == 7
