"""Run by test_forged_ends: signals that a limit would send."""

import signal

from forging import forged, several

from boxed import LimitExceeded, Limits, WorkerDied


def kills_itself(say, number):
    import os
    import signal

    if number != 9:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    signal.pause()


def spins(say):
    while True:
        pass


plenty = [Limits(cpu_time=1000, processes=one.processes) for one in several]
for limits in plenty:
    for number in (signal.SIGXCPU, signal.SIGKILL, signal.SIGTERM):
        error = forged(kills_itself, int(number), limits=limits)
        assert type(error) is WorkerDied and error.signal == number, error
# The control: one that was charged what it may use.
for one in several:
    limits = Limits(cpu_time=0.5, processes=one.processes)
    error = forged(spins, limits=limits)
    assert type(error) is LimitExceeded, error
    assert error.resource == "cpu_time"
