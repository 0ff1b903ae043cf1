"""The effect of the system call filters.

Every wall has a control: the same action works without the filter.
"""

import errno
import fcntl
import os
import signal
import socket
from pathlib import Path

import pytest
from confine_build import (
    SCRATCH,
    build,
    confined,
    outcome,
    python_in_worker,
    syscall,
)
from confine_filter import LAST, compiled
from seccomp_cases import MACHINE, NR

ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="the control needs root's capabilities"
)

# uretprobe and uprobe of x86-64: the kernel's own trampolines call them, so
# newer kernels let them past every filter; from elsewhere they are SIGILL.
PAST_FILTERS = {335, 336} if MACHINE == "x86_64" else set()


def sweep(*steps):
    """Each number with arguments of -1: its errno, 0, or "signal N"."""
    output = confined(*steps, "--", "sweep", 0, LAST).stdout
    found = {}
    for line in output.splitlines():
        number, result, error = line.split()
        if result == "signal":
            found[int(number)] = f"signal {error}"
        else:
            found[int(number)] = int(error) if result == "-1" else 0
    return found


def test_kernel_refuses_what_the_list_refuses():
    """Every number is called for real: the errno is the one listed.

    The worker's filter has forking allowed so that each call can be made in
    a child of its own.
    """
    stages = {
        "zygote": sweep("zygote"),
        "worker,processes": sweep("zygote", "worker,processes"),
    }
    for stage, found in stages.items():
        for number in set(range(LAST)) - PAST_FILTERS:
            wanted = compiled(stage).verdict(number, MACHINE)
            if wanted in ("EPERM", "ENOSYS"):
                assert found[number] == getattr(errno, wanted), number
            assert found.get(number) != f"signal {signal.SIGSYS}"


@ROOT
def test_refused_calls_exist_without_a_filter():
    """The control of the test above: nearly all of them do something else."""
    found = sweep()
    refused, same = 0, set()
    names = {number: name for name, number in NR.items()}
    for number in range(LAST):
        wanted = compiled("worker").verdict(number, MACHINE)
        if wanted == "EPERM":
            refused += 1
            if found[number] in (errno.EPERM, errno.ENOSYS):
                same.add(names[number])
    assert refused > 120
    assert len(same) < 32, same
    assert "ptrace" not in same
    assert "unshare" not in same


@pytest.mark.skipif(MACHINE != "x86_64", reason="x86-64 has foreign calls")
def test_foreign_calls_kill():
    """int 0x80 and x32 end the process by SIGSYS, also in the zygote."""
    assert confined("--", "int80").returncode != -signal.SIGSYS
    assert syscall([], 0x40000000 | NR["getpid"]) == -errno.ENOSYS
    for steps in (["zygote"], ["worker"], ["zygote", "worker"]):
        assert confined(*steps, "--", "int80").returncode == -signal.SIGSYS
        x32 = confined(*steps, "--", "syscall", 0x40000000 | NR["getpid"])
        assert x32.returncode == -signal.SIGSYS
        assert syscall(steps, NR["getpid"]) > 0


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("ptrace", (0, 0, 0, 0)),
        ("unshare", (0x10000000,)),
        ("keyctl", (0, -3, 0)),
        ("shmget", (0, 4096, 0o1600)),
        ("semget", (0, 1, 0o1600)),
        ("msgget", (0, 0o1600)),
        ("inotify_init1", (0,)),
        ("io_uring_setup", (1, 0)),
        ("userfaultfd", (1,)),
        ("memfd_create", ("0x400000", 0)),
        ("pidfd_open", ("pid", 0)),
        ("socket", (1, 1, 0)),
        ("socket", (2, 1, 0)),
        ("socket", (16, 3, 0)),
        ("sync", ()),
        ("mlockall", (1,)),
        ("personality", (0x0040000,)),
        ("setsid", ()),
        ("setresuid", (-1, -1, -1)),
        ("landlock_create_ruleset", (0, 0, 1)),
        ("prctl", (4, 1)),
        ("sched_setscheduler", (0, 0, 0)),
    ],
)
def test_refusal_is_the_filters(name, args):
    """The call fails with EPERM in a worker; without a filter it does not."""
    assert syscall(["zygote", "worker"], NR[name], *args) == -errno.EPERM
    assert syscall([], NR[name], *args) != -errno.EPERM


@ROOT
def test_signals_reach_only_the_worker_itself():
    """Its own pid; not its parent, its group, everybody or pid 1."""
    for pid in (os.getpid(), 0, 1):
        assert syscall([], NR["kill"], pid, 0) == 0
        assert syscall(["zygote", "worker"], NR["kill"], pid, 0) == -1
    assert syscall(["zygote", "worker"], NR["kill"], -1, 0) == -errno.EPERM
    assert syscall(["zygote", "worker"], NR["kill"], "pid", 0) == 0


def test_high_half_does_not_hide_a_terminal_ioctl():
    """TIOCSTI with garbage above 32 bits is TIOCSTI (CVE-2019-10063)."""
    for request in (0x5412, 0x5412 | 0x123 << 32):
        assert syscall([], NR["ioctl"], 0, request, 0) != -errno.EPERM
        steps = ["zygote", "worker"]
        assert syscall(steps, NR["ioctl"], 0, request, 0) == -errno.EPERM


def test_no_file_gets_a_setuid_bit():
    """By open, mknod, chmod or fchmod; and other modes are not hindered."""
    free = outcome(python_in_worker("setuid_ways", zygote=False))
    assert free == ["made"] * 4 + ["plain"]
    held = outcome(python_in_worker("setuid_ways"))
    assert held == ["Operation"] * 4 + ["plain"]


def test_socketpair_cannot_send_to_a_named_socket():
    """One end of a datagram pair can: so there are only stream pairs."""
    name = str(Path(SCRATCH.name, "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(name)
        args = ("datagrams", "SOCK_DGRAM", name)
        assert outcome(python_in_worker(*args, zygote=False))[0] == "sent"
        assert outcome(python_in_worker(*args)) == ["refused"]
        for kind in ("SOCK_STREAM", "SOCK_SEQPACKET"):
            # A peer may get it: the name is ignored where there is one.
            result = python_in_worker("datagrams", kind, name)
            assert outcome(result)[-1] in ("x", "y")
        server.setblocking(False)
        assert server.recv(9) == b"x"
        with pytest.raises(BlockingIOError):
            server.recv(9)
    Path(name).unlink()


def test_worker_alone_takes_no_lock_that_others_see():
    """A lock held elsewhere neither stops it nor is disturbed; with locks
    or processes the locks are real."""
    path = Path(SCRATCH.name, "locked")
    args = ("locks", str(path))
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        free = python_in_worker(*args, zygote=False)
        assert outcome(free) == ["busy", "flocked"]
        assert outcome(python_in_worker(*args)) == ["locked", "refused"]
        for option in ({"locks": True}, {"processes": 2}):
            real_locks = outcome(python_in_worker(*args, **option))
            assert real_locks == ["busy", "flocked"]


def test_every_thread_is_confined():
    """Also one that was there before the filter."""
    library = build("confine", "-shared", "-fPIC")

    def entering(when):
        return outcome(
            python_in_worker("threads", library, when, zygote=False)
        )

    assert entering("early") == entering("late") == ["2", "1"] * 2
    assert entering("never") == ["0", "0"] * 2


def test_filters_cannot_be_added_or_left():
    """A worker can install no filter; a failed installation is reported."""
    twice = confined("worker", "worker", "--", "syscall", NR["getpid"])
    assert twice.returncode == 111
    assert twice.stderr.startswith("worker: 1 ")
