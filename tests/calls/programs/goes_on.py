"""Run by test_outcomes: what reaches a limit that ends nothing, and what only
says so, come to the same."""

import errno
import signal

import cloudpickle
import guests
from harness import call

from boxed import Limits

cloudpickle.register_pickle_by_value(guests)
MIB = 1 << 20
#: What a guest does, with which limits; and the error that it gets.
REACHES = (
    (guests.write_file, (2 * MIB,), {"file_size": MIB}, errno.EFBIG),
    (guests.write_file, (2 * MIB,), {"tmp_size": MIB}, errno.ENOSPC),
    (guests.open_many, (), {"open_files": 32}, errno.EMFILE),
    (guests.fork_many, (), {"processes": 3}, errno.EAGAIN),
    (guests.os.fork, (), {}, errno.EPERM),
)


def ended(what, *args, **limits):
    limits = Limits(**limits)
    return call(what, args, serializer="cloudpickle", limits=limits)


for what, args, limits, number in REACHES:
    reached = ended(what, *args, **limits)
    said = ended(guests.leave, OSError(number, guests.os.strerror(number)))
    for outcome in (reached, said):
        assert outcome.cause == "raised", outcome
        assert outcome.exception.errno == number, outcome
    assert type(reached.exception) is type(said.exception)
reached = ended(guests.start_many, threads=4)
said = ended(guests.leave, RuntimeError("can't start new thread"))
for outcome in (reached, said):
    assert outcome.cause == "raised", outcome
    assert str(outcome.exception) == "can't start new thread", outcome
reached = ended(guests.die_of_a_file, 2 * MIB, file_size=MIB)
said = ended(guests.send_oneself, signal.SIGXFSZ)
for outcome in (reached, said):
    assert outcome.cause == "signal", outcome
    assert outcome.signal == signal.SIGXFSZ, outcome
