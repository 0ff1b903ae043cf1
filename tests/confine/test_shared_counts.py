"""What the kernel counts for a uid, which others have too: one guest cannot
take so much of it that a hundred would not fit."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from confine_build import syscall
from core import check_file
from seccomp_cases import NR

from boxed import Limits

# The least that POSIX promises of signals that wait, and what a worker has.
SIGNALS = 32
PROGRAMS = Path(__file__).parent / "programs"


def test_signals_that_wait(environment):
    """RLIMIT_SIGPENDING counts per uid; outside there is room for many."""
    program = PROGRAMS / "signals_that_wait.py"
    check_file(environment, program, str(SIGNALS))


def test_epoll(environment):
    """A guest of one process without a network watches nothing; outside, one
    file counts once for each number that it ever had, in each instance."""
    check_file(environment, PROGRAMS / "epoll.py")


def test_epoll_where_it_is_granted(make_environment):
    """With processes or a network: other programs and libraries need it."""
    program = PROGRAMS / "epoll_where_it_is_granted.py"
    check_file(make_environment("root"), program)


@pytest.mark.parametrize("imports", [(), ("asyncio",)], ids=repr)
def test_event_loops_do_without(make_environment, imports):
    """Whether asyncio was imported before the worker or in it."""
    program = PROGRAMS / "event_loops_do_without.py"
    check_file(make_environment("root"), program, *imports)


def test_pipes(environment):
    """A guest's pipes stay as large as they are made; outside one can have
    two hundred times as much."""
    check_file(environment, PROGRAMS / "pipes.py")


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
