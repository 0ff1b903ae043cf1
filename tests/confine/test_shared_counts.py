"""What the kernel counts for a uid, which others have too: one guest cannot
take so much of it that a hundred would not fit."""

from __future__ import annotations

import errno

import pytest
from confine_build import syscall
from core import check
from seccomp_cases import NR

from boxed import Limits

# The least that POSIX promises of signals that wait, and what a worker has.
SIGNALS = 32

QUEUE = """
import os, signal
def waiting(most):
    one = [signal.SIGRTMIN + 5]
    signal.pthread_sigmask(signal.SIG_BLOCK, one)
    for _ in range(most):
        os.kill(os.getpid(), one[0])
    count = 0
    while signal.sigtimedwait(one, 0) is not None:
        count += 1
    return count
"""


def test_signals_that_wait(environment):
    """RLIMIT_SIGPENDING counts per uid; outside there is room for many."""
    check(
        environment,
        f"""
        source = {QUEUE!r} + "raise LookupError(waiting(500))"
        error = refused(LookupError, run, exec, (source,))
        # Beyond the limit they are one and the same.
        assert 0 < int(error.message) <= {SIGNALS} + 1, error.message
        exec({QUEUE!r})
        assert waiting(500) == 500
        """,
    )


# One file under many numbers, in two instances: as many as are asked for.
WATCH = """
import os, select
def watched(numbers):
    count, sets = 0, [select.epoll() for _ in range(2)]
    keeper = os.eventfd(0) if hasattr(os, "eventfd") else os.pipe()[0]
    for number in range(50, 50 + numbers):
        os.dup2(keeper, number)
        for one in sets:
            one.register(number, 1)
            count += 1
        os.close(number)
    return count
"""


def test_epoll(environment):
    """A guest of one process without a network watches nothing; outside, one
    file counts once for each number that it ever had, in each instance."""
    check(
        environment,
        f"""
        source = {WATCH!r} + "raise LookupError(watched(200))"
        error = refused(OSError, run, exec, (source,))
        assert error.errno == 38, error
        exec({WATCH!r})
        assert watched(200) == 400
        """,
    )


def test_epoll_where_it_is_granted(make_environment):
    """With processes or a network: other programs and libraries need it."""
    check(
        make_environment("root"),
        f"""
        source = {WATCH!r} + "raise LookupError(watched(9))"
        several = Limits(processes=2)
        for granted in ({{"limits": several}}, {{"network": True}}):
            error = refused(LookupError, run, exec, (source,), **granted)
            assert error.message == "18", error.message
        """,
    )


@pytest.mark.parametrize("imports", ["()", "('asyncio',)"])
def test_event_loops_do_without(make_environment, imports):
    """Whether asyncio was imported before the worker or in it."""
    check(
        make_environment("root"),
        f"""
        source = '''
        import asyncio, selectors, subprocess
        async def main():
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, abs, -5)
        raise LookupError(asyncio.run(main()), selectors.DefaultSelector)
        '''
        import textwrap
        source = textwrap.dedent(source)
        for limits, name in ((Limits(), "Poll"),
                             (Limits(processes=2), "Epoll")):
            error = refused(LookupError, run, exec, (source,),
                            imports={imports}, limits=limits)
            assert f".{{name}}Selector" in error.message, error.message
        """,
    )


PIPES = """
import fcntl, os
def pages():
    ends, held = [], 0
    try:
        while True:
            ends.append(os.pipe())
            held += fcntl.fcntl(ends[-1][0], 1032) // 4096
            try:
                fcntl.fcntl(ends[-1][0], 1031, 1 << 20)
                held += 240
            except PermissionError:
                pass
    except OSError:
        return len(ends), held
"""


def test_pipes(environment):
    """A guest's pipes stay as large as they are made; outside one can have
    two hundred times as much."""
    check(
        environment,
        f"""
        source = {PIPES!r} + "raise LookupError(pages())"
        error = refused(LookupError, run, exec, (source,))
        count, pages = eval(error.message)
        assert 120 <= count <= 128 and pages <= 16 * count, error.message
        import fcntl
        near, far = os.pipe()
        assert fcntl.fcntl(near, 1031, 1 << 20) == 1 << 20
        """,
    )


# What else is counted for a uid (struct user_struct, enum ucount_type and
# key_user of Linux 6.18), and how a guest would come by it.
OTHERS = {
    "namespaces": ("unshare", "0x10000000"),
    "inotify": ("inotify_init1", "0"),
    "fanotify": ("fanotify_init", "0", "0"),
    "message queues": ("mq_open", "0", "0o102", "0o600", "0"),
    "keys": ("add_key", "0", "0", "0", "0", "-1"),
    "locked memory": ("mlock", "0", "4096"),
    "huge shared memory": ("shmget", "0", "4096", "0o7600"),
    "io_uring": ("io_uring_setup", "1", "0"),
    "perf": ("perf_event_open", "0", "0", "-1", "-1", "0"),
    "bpf": ("bpf", "0", "0", "0"),
    "timers": ("timer_create", "0", "0", "0"),
    "asynchronous i/o": ("io_setup", "1", "0"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_refused_altogether(name):
    """The control is that another answer comes without the filter."""
    call, *args = OTHERS[name]
    for steps in (["zygote", "worker"], ["zygote", "worker,network"]):
        assert syscall(steps, NR[call], *args) == -errno.EPERM
    assert syscall([], NR[call], *args) != -errno.EPERM


@pytest.mark.parametrize("field", ["threads", "processes"])
def test_tasks_of_one_call(field):
    """No limit lets one call have so many that a hundred do not fit in what
    a machine of 16 GiB has by default: 64,000 for each uid."""
    most = {"threads": 512, "processes": 256}
    assert Limits(**{field: most[field]})
    with pytest.raises(ValueError, match=field):
        Limits(**{field: most[field] + 1})
