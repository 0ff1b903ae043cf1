"""Run by test_seccomp_python: all that is done in C between the fork and the
filter of a worker.  The argument is the library with the filters."""

import ctypes
import os
import resource
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(__file__))
from in_worker import enter

(LIBRARY,) = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)


def raw(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), str(number))


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def set_up():
    os.setsid()
    call("prctl", 1, 9, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (100, 100))
    resource.prlimit(os.getpid(), resource.RLIMIT_CORE, (0, 0))
    os.dup2(0, 9)
    os.dup2(0, 10, False)
    os.closerange(9, 12)
    uid, gid = os.getuid(), os.getgid()
    call("unshare", 0x10000000 | 0x00020000 | 0x08000000)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"65534 {uid} 1")
    write("/proc/self/gid_map", f"65534 {gid} 1")
    call("mount", None, b"/", None, 1 << 18 | 1 << 14, None)
    for where in (b"/tmp", b"/dev/shm"):
        call("mount", b"tmpfs", where, b"tmpfs", 14, b"size=1m,mode=1777")
    call("prctl", 28, 0x2F, 0, 0, 0)
    for capability in range(41):
        call("prctl", 24, capability, 0, 0, 0)
    call("prctl", 47, 4, 0, 0, 0)
    call("capset", (ctypes.c_uint * 2)(0x20080522, 0), (ctypes.c_uint * 6)())
    call("prctl", 4, 0, 0, 0, 0)
    assert os.getuid() == 65534 and os.listdir("/tmp") == []


ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
null = os.open("/dev/null", os.O_RDWR)
socket.send_fds(ours, [b"x"], [null, 2])
print(len(socket.recv_fds(theirs, 9, 4)[1]), flush=True)
pid = os.fork()
if pid == 0:
    library = ctypes.CDLL(LIBRARY)
    set_up()
    enter(LIBRARY)
    theirs.send(b"ready")
    signal.pause()
theirs.close()
print(ours.recv(9).decode())
fd = os.pidfd_open(pid)
signal.pidfd_send_signal(fd, signal.SIGTERM)
print(os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status)
print(os.path.samefile("/tmp", os.path.dirname(LIBRARY) + "/.."))
