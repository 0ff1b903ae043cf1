"""The main job, in every environment: what ends, and what is left then."""

from __future__ import annotations

import signal

from core import check
from environments import RESERVED, host_scan, sleep_until
from orders import NOBODY


def processes_of(environment) -> set[int]:
    """Those of a guest's uid, and of an ordinary caller's, that are alive.

    An orphan's zombie is its new parent's to reap, which is the machine's.
    """
    uids = {NOBODY, RESERVED, environment.uid} - {0}
    return {
        process.pid
        for process in host_scan(*uids)
        if not process.state.startswith("Z")
    }


def test_nothing_is_left_after_the_program(environment):
    """No process of the guest's uid or the caller's outlives the caller."""
    before = processes_of(environment)
    check(environment, "run(os.getpid)")
    sleep_until(lambda: not processes_of(environment) - before, 10)


def test_a_timeout_ends_the_worker(environment):
    """CallTimeout, and the worker is gone from the host's process table."""
    before = processes_of(environment)
    check(
        environment,
        """
        import time
        error = refused(CallTimeout, run, time.sleep, (60,), timeout=0.3)
        assert isinstance(error, TimeoutError)
        assert not isinstance(error, RemoteError)
        stubborn = '''
        import signal
        for number in range(1, 64):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            pass
        '''
        import textwrap
        refused(CallTimeout, run, exec, (textwrap.dedent(stubborn),),
                timeout=0.5)
        assert run(abs, (-1,)) == 1
        """,
    )
    sleep_until(
        lambda: not processes_of(environment) - before,
        10,
    )


def test_a_workers_death_has_its_cause(environment):
    """Exit code or signal, and the next call works."""
    check(
        environment,
        """
        error = refused(WorkerDied, run, os._exit, (3,))
        assert (error.exitcode, error.signal) == (3, None)
        error = refused(WorkerDied, run, os.abort)
        assert (error.exitcode, error.signal) == (None, 6)
        crash = "import ctypes; ctypes.string_at(0)"
        error = refused(WorkerDied, run, exec, (crash,))
        assert error.signal == 11
        assert run(abs, (-1,)) == 1
        """,
    )


def test_a_forked_caller_makes_its_own(environment):
    """A child of os.fork does not use its parent's sandbox, nor keep it."""
    check(
        environment,
        """
        run(abs, (-1,))
        from boxed._live import registry
        (slot,) = registry.shared.slots.values()
        parents = slot.box.pid
        child = os.fork()
        if child == 0:
            status = 1
            try:
                assert not registry.shared.slots
                assert run(abs, (-2,)) == 2
                (slot,) = registry.shared.slots.values()
                assert slot.box.pid != parents
                registry.close_all()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert run(abs, (-3,)) == 3
        (slot,) = registry.shared.slots.values()
        assert slot.box.pid == parents
        """,
    )


def test_a_killed_caller_takes_its_sandbox_along(environment):
    """kill -9 of the caller during a call leaves no process."""
    before = processes_of(environment)
    done = environment.python(
        """if True:
        import os, sys, threading, time
        from boxed import run
        isolation = sys.argv[1]
        run(abs, (1,), isolation=isolation)
        call = threading.Thread(target=run, args=(time.sleep, (60,)),
                                kwargs={"isolation": isolation})
        call.start()
        time.sleep(0.3)
        os.kill(os.getpid(), 9)
        """,
        "landlock" if environment.tier_expected == "landlock" else "auto",
    )
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    sleep_until(lambda: not processes_of(environment) - before, 10)


def test_a_lost_sandbox_is_replaced(environment):
    """Of one whose control socket is gone, the next call notices.

    tests/security/test_recovery.py kills the parts of sandboxes.
    """
    check(
        environment,
        """
        import time
        run(abs, (1,))
        from boxed._live import registry
        (slot,) = registry.shared.slots.values()
        before = slot.box.pid
        import socket
        control = os.dup(slot.box.process.control)
        with socket.socket(fileno=control) as control:
            control.shutdown(socket.SHUT_RDWR)
        # A worker that stands by could still take the call with it.
        stat = f"/proc/{before}/stat"
        while open(stat).read().rpartition(")")[2].split()[0] not in "ZX":
            time.sleep(0.01)
        assert run(abs, (-5,)) == 5
        (slot,) = registry.shared.slots.values()
        assert slot.box.pid != before
        """,
    )
