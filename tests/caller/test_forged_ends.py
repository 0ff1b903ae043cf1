"""A guest that writes to the call socket itself, and ends as it likes: what
the caller raises is what the kernel and the walls know, not what it says."""

from __future__ import annotations

import pytest
from core import check

from boxed import WorkerDied, run
from boxed._calls import call

# A guest finds its call's number and socket as the worker's own code does.
GUESTS = '''
import io, struct
GUEST = """
import os, select, signal, struct, sys
frame = sys._getframe()
while frame.f_code.co_name != "work":
    frame = frame.f_back
_boxed, call = frame.f_globals["_boxed"], frame.f_locals["call"]
def say(kind, body=b"", limit=0):
    head = struct.pack("=IIQQQ", 0x46584F42, kind, call, len(body), limit)
    os.write(3, head + body)
print("ran", flush=True)
"""
def forged(source, **options):
    """What the caller raises, and how often the guest ran."""
    out = io.StringIO()
    error = refused(BoxedError, run, exec, (GUEST + source,), stdout=out,
                    **options)
    assert out.getvalue() == "ran\\n", (out.getvalue(), error)
    return error
several = [Limits()]
if ISOLATION != "landlock" and TIER in ("full", "rootless"):
    several.append(Limits(processes=4))
'''

# Ends of a worker that leave something in its socket, or shut it.
RESETS = """
for limits in several:
    shut = "__import__('socket').socket(fileno=3).shutdown(0)"
    for end in ("pass", "os.read(3, 5)", shut):
        error = forged(f'''
say(7, limit=4096)
select.select([3], [], [])
try:
    {end}
except (OSError, ImportError):
    pass
os._exit(7)
''', limits=limits)
        assert type(error) is WorkerDied and error.exitcode == 7, error
    error = forged("os._exit(7)", limits=limits)
    assert error.exitcode == 7
"""
SETUPS = """
for limits in several:
    for stage, number in ((1, 1), (13, 1), (22, 22), (26, 3), (27, 3)):
        for fd in (3, 4, 5):
            error = forged(f'''
status = struct.pack("=IIiI", 0x54535842, {stage}, {number}, 0)
if {fd} == 3:
    say(5, status)
else:
    try:
        os.write({fd}, status)
    except OSError as error:
        assert error.errno == 9, error
    else:
        os._exit(8)
os._exit(111)
''', limits=limits)
            expected = ProtocolError if fd == 3 else WorkerDied
            assert type(error) is expected, error
            assert getattr(error, "exitcode", 111) == 111, error
"""
SIGNALS = """
import signal
plenty = [Limits(cpu_time=1000, processes=one.processes) for one in several]
for limits in plenty:
    for number in (signal.SIGXCPU, signal.SIGKILL, signal.SIGTERM):
        error = forged(f'''
if {int(number)} != 9:
    signal.signal({int(number)}, signal.SIG_DFL)
os.kill(os.getpid(), {int(number)})
signal.pause()
''', limits=limits)
        assert type(error) is WorkerDied and error.signal == number, error
# The control: one that was charged what it may use.
for one in several:
    limits = Limits(cpu_time=0.5, processes=one.processes)
    error = forged("while True: pass", limits=limits)
    assert type(error) is LimitExceeded, error
    assert error.resource == "cpu_time"
"""
LENGTHS = """
limits = Limits(result=1000)
for text in (b"1000", b"0", b"-1", b"", b"many", b"1" * 21, b"\\\\xb2"):
    error = forged(f"say(6, b'{text.decode()}')", limits=limits)
    assert type(error) is ProtocolError, (text, error)
error = forged("say(6, b'1001')", limits=limits)
assert type(error) is LimitExceeded and error.resource == "result"
"""


def attack(environment, attacks: str) -> None:
    tier = f"TIER = {environment.tier_expected!r}\n"
    check(environment, f"{tier}{GUESTS}{attacks}")


def test_a_request_runs_once(environment):
    """However a guest leaves its socket, its request goes to no other."""
    attack(environment, RESETS)


def test_a_guest_tells_of_no_missing_wall(environment):
    """That is told on a socket that is closed before it runs."""
    attack(environment, SETUPS)


def test_a_signal_is_no_limit(environment):
    """Of SIGXCPU and SIGKILL, those count that the kernel sent."""
    attack(environment, SIGNALS)


def test_a_result_that_would_fit_is_not_too_long(make_environment):
    """What it tells of its own result is checked against the limit."""
    attack(make_environment("root"), LENGTHS)


def test_all_attempts_have_one_deadline(monkeypatch):
    """A request that no worker reads is sent to a few, within the time of
    one call."""
    deadlines = []

    def unread(talk, *rest):
        deadlines.append(talk._deadline)
        talk._live.close()
        talk._seat.leave()
        raise call._Unread(WorkerDied("as if unread"))

    monkeypatch.setattr(call._Attempt, "run", unread)
    with pytest.raises(WorkerDied, match="as if unread"):
        run(abs, (-1,), timeout=60)
    assert len(deadlines) == call.ATTEMPTS
    assert len(set(deadlines)) == 1


def test_no_attempt_begins_after_the_deadline(monkeypatch):
    """There would be no time for it."""
    attempts = []

    def unread(talk, *rest):
        attempts.append(talk)
        talk._live.close()
        talk._seat.leave()
        raise call._Unread(WorkerDied("as if unread"))

    monkeypatch.setattr(call._Attempt, "run", unread)
    with pytest.raises(TimeoutError):
        run(abs, (-1,), timeout=1e-9)
    assert len(attempts) == 1
