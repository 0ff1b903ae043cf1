"""A call that may make processes: what it can, and what ends with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check, check_file
from environments import host_scan, sleep_until

PROGRAMS = Path(__file__).parent / "programs"

FAMILY = """
        import textwrap
        several = Limits(processes=4)
        def program(source):
            return textwrap.dedent(source)
"""


@pytest.mark.case("P-R08")
def test_processes(make_environment):
    """Granted, a call can fork and exec; not granted, it cannot."""
    for name in ("root", "user", "rootless"):
        check(
            make_environment(name),
            FAMILY
            + """
        spawn = ("__import__('subprocess').run([__import__('sys').executable,"
                 " '-I', '-S', '-c', 'print(6 * 7)'], capture_output=True)"
                 ".stdout")
        refused(PermissionError, run, eval, (spawn,))
        assert run(eval, (spawn,), limits=several) == b"42\\n"
        forked = program('''
        import os
        child = os.fork()
        if child == 0:
            os._exit(7)
        raise LookupError(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        ''')
        refused(PermissionError, run, exec, (forked,))
        error = refused(LookupError, run, exec, (forked,), limits=several)
        assert error.message == "7"
        pool = program('''
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            raise LookupError(pool.map(abs, [-1, -2, -3]))
        ''')
        error = refused(LookupError, run, exec, (pool,), limits=several)
        assert error.message == "[1, 2, 3]"
            """,
        )


def test_a_family_ends_with_its_call(make_environment):
    """A daemon of the guest's is gone when the call is over, however it is."""
    for name in ("root", "rootless"):
        environment = make_environment(name)
        uid = environment.uid or 65534
        before = {process.pid for process in host_scan(uid)}
        check(
            environment,
            FAMILY
            + """
        daemon = program('''
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(60)
            os._exit(0)
        os.wait()
        ''')
        run(exec, (daemon,), limits=several)
        refused(CallTimeout, run, exec, (daemon + "time.sleep(60)",),
                limits=several, timeout=0.5)
        refused(WorkerDied, run, exec, (daemon + "os._exit(1)",),
                limits=several)
        import time
        seen = program('''
        import os
        raise LookupError([p for p in os.listdir("/proc") if p.isdigit()])
        ''')
        error = refused(LookupError, run, exec, (seen,), limits=several)
        assert error.message == "['2']", error.message
            """,
        )
        sleep_until(
            lambda uid=uid, before=before: (
                not {p.pid for p in host_scan(uid)} - before
            ),
            10,
        )


@pytest.mark.case("P-R01")
def test_a_fork_bomb_is_bounded(make_environment):
    """The call gets EAGAIN; the host and the next call do not notice."""
    check(
        make_environment("user"),
        FAMILY
        + """
        bomb = program('''
        import os, errno
        made = 0
        while True:
            try:
                if os.fork() == 0:
                    import time
                    time.sleep(60)
            except OSError as error:
                raise LookupError(made, error.errno == errno.EAGAIN)
            made += 1
        ''')
        error = refused(LookupError, run, exec, (bomb,),
                        limits=Limits(processes=8, threads=4))
        assert error.message == "(7, True)", error.message
        assert run(abs, (-1,)) == 1
        if os.fork() == 0:
            os._exit(0)
        os.wait()
        """,
    )


def test_a_family_has_its_cause_of_death(make_environment):
    """Exit code and signal are the worker's, through the processes between."""
    check(
        make_environment("root"),
        FAMILY
        + """
        error = refused(WorkerDied, run, os._exit, (3,), limits=several)
        assert error.exitcode == 3
        error = refused(WorkerDied, run, os.abort, limits=several)
        assert error.signal == 6
        """,
    )


def test_processes_need_a_pid_namespace(make_environment):
    """Elsewhere more than one is refused, and says so."""
    for name in ("docker-user", "kubernetes"):
        check_file(
            make_environment(name),
            PROGRAMS / "processes_need_a_pid_namespace.py",
        )


def test_there_are_as_many_as_were_granted(make_environment):
    """Threads are not counted with them; those that ended are not either;
    and who asks at the same moment gets no more (control: a call that was
    granted more has more)."""
    for name in ("root", "rootless"):
        check(
            make_environment(name),
            FAMILY
            + """
        made = program('''
        import os, subprocess, sys, threading, time
        def fork():
            try:
                pid = os.fork()
            except BlockingIOError:
                return 0
            if pid == 0:
                time.sleep(60)
            return 1
        threads = [threading.Thread(target=time.sleep, args=(60,), daemon=True)
                   for _ in range(20)]
        for one in threads:
            one.start()
        for _ in range(50):
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
        for _ in range(5):
            subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        go, count = threading.Event(), []
        def race():
            go.wait()
            count.append(fork() + fork())
        racers = [threading.Thread(target=race) for _ in range(16)]
        for one in racers:
            one.start()
        go.set()
        for one in racers:
            one.join()
        raise LookupError(sum(count))
        ''')
        for most in (2, 5, 20):
            error = refused(LookupError, run, exec, (made,),
                            limits=Limits(processes=most))
            assert error.message == str(most - 1), (most, error.message)
            """,
        )


def test_slow_forks_do_not_add_up(make_environment):
    """Threads of a process whose memory is in many pieces: what they make
    comes long after it was let pass (control: with more granted, more are
    there)."""
    check(
        make_environment("root"),
        FAMILY
        + """
        slow = program('''
        import ctypes, mmap, os, threading, time
        libc, size, count = ctypes.CDLL(None), mmap.PAGESIZE, 40_000
        pieces = mmap.mmap(-1, count * size, mmap.MAP_PRIVATE)
        pieces.write(bytes(len(pieces)))
        start = ctypes.addressof(ctypes.c_char.from_buffer(pieces))
        for at in range(start, start + len(pieces), 2 * size):
            libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(size), 1)
        clone = 56 if os.uname().machine == "x86_64" else 220
        go, made = threading.Event(), []
        def fork():
            go.wait()
            pid = libc.syscall(clone, 17, 0, 0, 0, 0)
            if pid == 0:
                time.sleep(60)
            made.append(pid)
        threads = [threading.Thread(target=fork) for _ in range(8)]
        for one in threads:
            one.start()
        go.set()
        for one in threads:
            one.join()
        left = {pid for pid in made if pid > 0}
        for _ in range(500):
            left -= {pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]}
            if len(left) < most:
                break
            time.sleep(0.01)
        raise LookupError(len(left))
        ''')
        for most, wanted in ((2, "1"), (20, "8")):
            error = refused(LookupError, run, exec, (f"most={most}{slow}",),
                            limits=Limits(processes=most, memory=1 << 30),
                            timeout=60)
            assert error.message == wanted, (most, error.message)
        """,
    )


# Each makes the next one, as many as are asked for.
CHAIN = """
import subprocess, sys
left = int(sys.argv[1])
if left == 0:
    sys.exit(print("deep", flush=True))
line = [sys.executable, "-I", "-S", "-c", sys.argv[2]]
try:
    subprocess.run([*line, str(left - 1), sys.argv[2]])
except BlockingIOError:
    print("refused", flush=True)
"""


def test_children_that_make_processes_are_counted(make_environment):
    """After exec, and wherever in the tree."""
    deep = f"""
import subprocess, sys
chain = {CHAIN!r}
line = [sys.executable, "-I", "-S", "-c", chain]
raise LookupError(*(
    subprocess.run([*line, length, chain], stdout=subprocess.PIPE).stdout
    for length in "23"
))
"""
    check(
        make_environment("root"),
        FAMILY
        + f"""
        error = refused(LookupError, run, exec, ({deep!r},), limits=several)
        assert "deep" in error.message.split(",")[0], error.message
        assert "refused" in error.message.split(",")[1], error.message
        """,
    )
