"""Limits, timeout and streams of one call on a Sandbox that has its own."""

from __future__ import annotations

import io
import pickle

import pytest

from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    RemoteError,
    Sandbox,
)
from boxed._answers.value import Reading
from boxed._limits import LIMITS

MIB = 1 << 20
OWN = Limits(
    cpu_time=5,
    memory="512M",
    threads=8,
    open_files=64,
    file_size=8 * MIB,
    output="1M",
    result="1M",
    request="1M",
    host_calls=10,
    host_bytes="1M",
)


@pytest.fixture(scope="module")
def sandbox():
    expose = {"f": lambda x: None}
    with Sandbox(limits=OWN, stdout="capture", expose=expose) as sandbox:
        yield sandbox


#: A tighter limit, what runs into it and not into the Sandbox's, and how.
TIGHTER = {
    "cpu_time": (0.2, "for _ in range(10**7): pass", LimitExceeded),
    "memory": ("64M", "bytearray(128 << 20)", MemoryError),
    "threads": (
        2,
        "import threading, time\n"
        "[threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
        " for _ in range(3)]",
        RuntimeError,
    ),
    "open_files": (
        16,
        "import os\n[os.dup(1) for _ in range(20)]",
        OSError,
    ),
    "file_size": (
        1000,
        "open('/tmp/large', 'wb').truncate(2000)",
        OSError,
    ),
    "output": (10, "print('x' * 20)", LimitExceeded),
    "request": (30, "'" + "x" * 30 + "'", LimitExceeded),
    "host_calls": (1, "f(1); f(2)", LimitExceeded),
    "host_bytes": (100, "f('x' * 200)", LimitExceeded),
}
NOT_TIGHTER = {"result", "processes", "tmp_size"}


def test_each_limit_is_here():
    assert set(TIGHTER) | NOT_TIGHTER == set(LIMITS)


@pytest.mark.parametrize("name", TIGHTER)
def test_tighter_for_one_call(name, sandbox):
    """Which the call before and the call after are not bound by; enough of
    them that standbys, which were forked for either, serve both."""
    value, code, raised = TIGHTER[name]
    for _ in range(4):
        sandbox.run(exec, (code,))
        with pytest.raises(raised) as caught:
            sandbox.run(exec, (code,), limits=Limits(**{name: value}))
        if raised is LimitExceeded:
            assert caught.value.resource == name
        sandbox.run(exec, (code,))


def test_a_tighter_result(sandbox):
    for _ in range(4):
        assert len(sandbox.run(eval, ("b'x' * 1000",))) == 1000
        with pytest.raises(LimitExceeded) as caught:
            sandbox.run(eval, ("b'x' * 1000",), limits=Limits(result=1000))
        assert caught.value.resource == "result"


def test_a_result_takes_no_more_memory_than_the_call():
    """Its value is built in the caller, within the call's own limit."""
    reading = Reading(allow=[set], memory=100)
    assert reading.within(100) is reading.within(200) is reading
    narrower = reading.within(50)
    assert (narrower.memory, narrower.allow) == (50, reading.allow)


def test_a_forged_length(sandbox):
    """One that the Sandbox would accept, and the call does not."""
    forged = (
        "import sys\n"
        "frame = sys._getframe()\n"
        "while frame.f_code.co_name != 'work': frame = frame.f_back\n"
        "names = frame.f_globals['_boxed'], frame.f_locals['call']\n"
        "names[0].answer(names[1], names[0].FRAME_VALUE, {})"
    ).format(pickle.dumps(b"x" * 2000))
    assert sandbox.run(exec, (forged,)) == b"x" * 2000
    with pytest.raises(Exception, match="longer than permitted"):
        sandbox.run(exec, (forged,), limits=Limits(result=1000))


@pytest.mark.parametrize("name", LIMITS)
def test_none_is_wider(name, sandbox):
    """And what a sandbox is made with is no call's."""
    most = getattr(OWN, name)
    wider = most * 2
    with pytest.raises(ValueError, match=f"^limits: {name}={wider}") as caught:
        sandbox.run(abs, (-1,), limits=Limits(**{name: wider}))
    assert str(most) in str(caught.value)
    assert sandbox.run(abs, (-1,), limits=Limits(**{name: most})) == 1
    if name in ("processes", "tmp_size"):
        with pytest.raises(ValueError, match="made with"):
            Sandbox(limits=Limits(**{name: wider})).run(
                abs, (-1,), limits=Limits(**{name: most})
            )


def test_no_limit_of_time_is_wider_than_any(sandbox):
    with pytest.raises(ValueError, match="cpu_time=None"):
        sandbox.run(abs, (-1,), limits=Limits(cpu_time=None))


def test_what_is_not_named_is_the_sandboxs(sandbox):
    """Not the default, which would be wider."""
    with pytest.raises(MemoryError):
        sandbox.run(bytearray, (600 * MIB,), limits=Limits(cpu_time=4))
    copied = pickle.loads(pickle.dumps(Limits(cpu_time=4)))
    assert sandbox.run(abs, (-1,), limits=copied) == 1
    assert sandbox.run(abs, (-1,), limits=None) == 1


def test_no_more_can_be_had(sandbox):
    """The guest's own limits are lowered for good."""
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))"
    )
    with pytest.raises(RemoteError, match="maximum limit"):
        sandbox.run(exec, (code,), limits=Limits(memory="64M"))


def test_a_stream_and_a_timeout_of_its_own(sandbox):
    target = io.StringIO()
    sandbox.run(print, ("hello",), stdout=target)
    assert target.getvalue() == "hello\n"
    assert sandbox.call(print, ("hello",)).stdout == "hello\n"
    with pytest.raises(CallTimeout):
        sandbox.run(exec, ("while True: pass",), timeout=0.2)


STUBBORN = {
    "a loop": "while True: pass",
    "signals": "import signal\n"
    "for number in (24, 26, 27, 14, 15):\n"
    "    signal.signal(number, signal.SIG_IGN)\n"
    "while True: pass",
    "threads": "import threading\n"
    "def work():\n"
    "    while True: pass\n"
    "for _ in range(3): threading.Thread(target=work).start()\n"
    "work()",
    "its own limit": "import resource\n"
    "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
    "while True: pass",
    "in the kernel": "import os\nwhile True: os.urandom(1 << 16)",
}


@pytest.mark.parametrize("how", STUBBORN)
@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_a_part_of_a_second(how, seconds, sandbox):
    """Nothing that a guest does puts it off, and the kernel's own clock says
    how much it had: the limit, and next to nothing more."""
    outcome = sandbox.call(
        exec, (STUBBORN[how],), limits=Limits(cpu_time=seconds)
    )
    assert outcome.cause == "cpu_time"
    used = outcome.usage.user_time + outcome.usage.system_time
    assert seconds * 0.99 <= used <= seconds + 0.1


@pytest.mark.parametrize("signal", [9, 24])
def test_who_ends_himself_before_has_not_used_it(signal, sandbox):
    code = f"import os; os.kill(os.getpid(), {signal})"
    outcome = sandbox.call(exec, (code,), limits=Limits(cpu_time=0.5))
    assert (outcome.cause, outcome.signal) == ("signal", signal)


def test_time_is_not_wall_clock_time(sandbox):
    """One that sleeps uses none."""
    code = "__import__('time').sleep(0.5)"
    assert sandbox.run(eval, (code,), limits=Limits(cpu_time=0.2)) is None
