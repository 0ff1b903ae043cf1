"""Calls with arguments, and what each stage's filter answers to them."""

import os
import platform

from confine_filter import numbers

MACHINE = platform.machine()
NR = numbers()
AT_FDCWD = -100

SELF, OTHER = "self", "other"
SETUID, SETGID = 0o4755, 0o2755
O_CREAT, O_TMPFILE, O_TRUNC = os.O_CREAT, os.O_TMPFILE, os.O_TRUNC
THREAD = 0x3D0F00  # what glibc asks for
FORK = 0x01200011
VFORK = 0x4111
NAMESPACES = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000,
    0x40000000,
)  # fmt: skip

# Call, arguments, and the answer of a worker that is alone.
CASES = [
    ("clone", (THREAD,), "allow"),
    ("clone", (THREAD | 0x00400000,), "allow"),  # musl
    ("clone", (FORK,), "EPERM"),
    ("clone", (VFORK,), "EPERM"),
    ("clone", (0,), "EPERM"),
    ("clone", (0xFFFFFFFF,), "EPERM"),
    *(("clone", (THREAD | bit,), "EPERM") for bit in NAMESPACES),
    ("clone", (THREAD | 0x8000,), "EPERM"),  # CLONE_PARENT
    ("clone", (THREAD | 0x2000,), "EPERM"),  # CLONE_PTRACE
    ("clone", (THREAD | 0x800000,), "EPERM"),  # CLONE_UNTRACED
    ("kill", (SELF, 9), "allow"),
    *(("kill", (pid, 0), "EPERM") for pid in (0, 1, -1, OTHER, 2**31)),
    ("tgkill", (SELF, 77, 6), "allow"),
    ("tgkill", (OTHER, OTHER, 6), "EPERM"),
    ("tkill", (SELF, 6), "allow"),
    ("tkill", (OTHER, 6), "EPERM"),
    ("rt_sigqueueinfo", (OTHER, 9, 0), "EPERM"),
    ("rt_tgsigqueueinfo", (OTHER, OTHER, 9, 0), "EPERM"),
    ("prlimit64", (0, 7), "allow"),
    ("prlimit64", (SELF, 7), "allow"),
    ("prlimit64", (1, 7), "EPERM"),
    ("prlimit64", (OTHER, 7), "EPERM"),
    ("setpriority", (0, 0, 5), "allow"),
    ("setpriority", (0, SELF, 5), "allow"),
    ("setpriority", (0, 1, 5), "EPERM"),
    ("setpriority", (1, 0, 5), "EPERM"),  # PRIO_PGRP
    ("setpriority", (2, 0, 5), "EPERM"),  # PRIO_USER
    ("ioctl", (0, 0x5401), "allow"),
    ("ioctl", (0, 0x541B), "allow"),
    ("ioctl", (0, 0x5421), "allow"),
    ("ioctl", (0, 0x5412), "EPERM"),  # TIOCSTI
    ("ioctl", (0, 0x541C), "EPERM"),  # TIOCLINUX
    ("ioctl", (0, 0x5402), "EPERM"),  # TCSETS
    ("ioctl", (0, 0x540E), "EPERM"),  # TIOCSCTTY
    ("fcntl", (3, 0, 3), "allow"),
    ("fcntl", (3, 5, 0), "allow"),  # F_GETLK
    ("fcntl", (3, 6, 0), "feign"),  # F_SETLK
    ("fcntl", (3, 7, 0), "feign"),  # F_SETLKW
    *(("fcntl", (3, op, 0), "EPERM") for op in (8, 10, 15, 37, 38)),
    *(("fcntl", (3, op, 0), "EPERM") for op in (1024, 1026, 1031, 99)),
    *(("futex", (0, 128 | op), "allow") for op in (0, 1, 3, 4, 5, 9, 10)),
    ("futex", (0, 128 | 256 | 9), "allow"),
    *(("futex", (0, op, 1, 0), "EAGAIN") for op in (0, 9, 256 | 9)),
    *(("futex", (0, op, 1, 64), "EOVERFLOW") for op in (0, 9, 256 | 9)),
    *(("futex", (0, op), "feign") for op in (1, 10)),
    *(("futex", (0, op), "EPERM") for op in (3, 4, 5, 256 | 1)),
    *(("futex", (0, op), "EPERM") for op in (6, 7, 8, 11, 12, 13, 128 | 6)),
    *(("mmap", (0, 1, 3, flags), "allow") for flags in (1, 2, 0x22, 0x21)),
    # MAP_STACK with MAP_NORESERVE, MAP_POPULATE, MAP_FIXED_NOREPLACE
    *(
        ("mmap", (0, 1, 3, 0x22 | flags), "allow")
        for flags in (0x24000, 0x8000, 0x100000)
    ),
    # MAP_GROWSDOWN, MAP_LOCKED, MAP_HUGETLB, a size of huge pages, unknown
    *(
        ("mmap", (0, 1, 3, 0x22 | flags), "EPERM")
        for flags in (0x100, 0x2000, 0x40000, 0x540C0000, 0x800000)
    ),
    *(("fadvise64", (3, 0, 0, way), "allow") for way in (0, 1, 2, 3, 5)),
    ("fadvise64", (3, 0, 0, 4), "feign"),  # POSIX_FADV_DONTNEED
    ("fadvise64", (3, 0, 0, 6), "EPERM"),
    *(
        (name, (3, 0, 1, 0, 0, flags), wanted)
        for name in ("preadv2", "pwritev2")
        for flags, wanted in (
            (0, "allow"),
            (2 | 4 | 16, "allow"),
            (8, "EOPNOTSUPP"),  # RWF_NOWAIT
            (128, "EOPNOTSUPP"),  # RWF_DONTCACHE
            (2 | 8, "EOPNOTSUPP"),
            (1, "EPERM"),  # RWF_HIPRI
            (256, "EPERM"),
        )
    ),
    ("epoll_create1", (0,), "ENOSYS"),
    ("pipe2", (0, 0x80000 | 0x800), "allow"),
    ("pipe2", (0, 0x80), "EPERM"),  # O_NOTIFICATION_PIPE
    ("sendmsg", (3, 0, 0), "EPERM"),
    ("sendmmsg", (3, 0, 1, 0), "EPERM"),
    ("sendto", (3, 0, 1, 0, 0, 0), "allow"),
    ("sendto", (3, 0, 1, 0x4000, 0, 0), "allow"),  # MSG_NOSIGNAL
    ("sendto", (3, 0, 1, 0x4001, 0, 0), "EPERM"),  # MSG_OOB
    ("recvfrom", (3, 0, 1, 0x40, 0, 0), "allow"),  # MSG_DONTWAIT
    ("recvfrom", (3, 0, 1, 1, 0, 0), "EPERM"),
    ("recvmsg", (3, 0, 1), "EPERM"),
    ("recvmsg", (3, 0, 0), "allow"),
    ("recvmmsg", (3, 0, 1, 1, 0), "EPERM"),
    ("madvise", (0, 4096, 4), "allow"),
    ("madvise", (0, 4096, 12), "EPERM"),  # MADV_MERGEABLE
    ("madvise", (0, 4096, 21), "EPERM"),  # MADV_PAGEOUT
    ("madvise", (0, 4096, 100), "EPERM"),  # MADV_HWPOISON
    ("personality", (0xFFFFFFFF,), "allow"),
    ("personality", (0x0040000,), "EPERM"),
    ("personality", (0,), "EPERM"),
    ("prctl", (15,), "allow"),  # PR_SET_NAME
    ("prctl", (39,), "allow"),  # PR_GET_NO_NEW_PRIVS
    *(("prctl", (op,), "EPERM") for op in (1, 4, 8, 22, 24, 28, 35, 36, 47)),
    ("prctl", (0x59616D61,), "EPERM"),  # PR_SET_PTRACER
    ("socketpair", (1, 1, 0), "allow"),
    ("socketpair", (1, 5 | 0x80000 | 0x800, 0), "allow"),
    ("socketpair", (1, 2, 0), "EPERM"),  # SOCK_DGRAM
    ("socketpair", (30, 1, 0), "EPERM"),  # AF_TIPC
    ("getsockopt", (3, 1, 4), "allow"),
    ("getsockopt", (3, 1, 77), "EPERM"),  # SO_PEERPIDFD
    ("getsockopt", (3, 0, 64), "EPERM"),
    *(
        ("socket", (af, kind, 0), "EPERM")
        for af in range(46)
        for kind in (1, 2)
    ),
    ("openat", (AT_FDCWD, 0, 0, SETUID), "allow"),
    ("openat", (AT_FDCWD, 0, O_CREAT, 0o1777), "allow"),
    ("openat", (AT_FDCWD, 0, O_CREAT, SETUID), "EPERM"),
    ("openat", (AT_FDCWD, 0, O_CREAT | 1, SETGID), "EPERM"),
    ("openat", (AT_FDCWD, 0, O_TMPFILE | 2, SETUID), "EPERM"),
    ("openat", (AT_FDCWD, 0, os.O_DIRECTORY, SETUID), "allow"),
    ("openat", (AT_FDCWD, 0, O_TRUNC, 0), "EPERM"),
    ("openat", (AT_FDCWD, 0, O_TRUNC | 3, 0), "EPERM"),
    ("openat", (AT_FDCWD, 0, O_TRUNC | O_CREAT, 0o644), "EPERM"),
    ("openat", (AT_FDCWD, 0, O_TRUNC | 1, SETUID), "allow"),
    ("openat", (AT_FDCWD, 0, O_TRUNC | O_CREAT | 1, 0o644), "allow"),
    ("openat", (AT_FDCWD, 0, O_TRUNC | O_CREAT | 2, SETUID), "EPERM"),
    ("truncate", (0, 0), "allow"),
    ("fchmod", (3, 0o1777), "allow"),
    ("fchmod", (3, SETUID), "EPERM"),
    ("fchmod", (3, SETGID | 0x10000), "EPERM"),
    ("fchmodat", (AT_FDCWD, 0, SETUID), "EPERM"),
    ("fchmodat2", (AT_FDCWD, 0, SETUID, 0), "EPERM"),
    ("mknodat", (AT_FDCWD, 0, 0o010644), "allow"),
    ("mknodat", (AT_FDCWD, 0, 0o100644), "allow"),
    ("mknodat", (AT_FDCWD, 0, 0o140644), "allow"),
    ("mknodat", (AT_FDCWD, 0, 0o000644), "allow"),
    ("mknodat", (AT_FDCWD, 0, 0o020644), "EPERM"),  # character device
    ("mknodat", (AT_FDCWD, 0, 0o060644), "EPERM"),  # block device
    ("mknodat", (AT_FDCWD, 0, 0o104755), "EPERM"),
    ("clone3", (0, 88), "ENOSYS"),
    ("openat2", (AT_FDCWD, 0, 0, 24), "ENOSYS"),
]
LEGACY_CASES = [
    ("open", (0, 0, SETUID), "allow"),
    ("open", (0, O_CREAT, 0o644), "allow"),
    ("open", (0, O_CREAT, SETUID), "EPERM"),
    ("open", (0, O_TRUNC, 0), "EPERM"),
    ("open", (0, O_TRUNC | 2, SETUID), "allow"),
    ("creat", (0, 0o644), "allow"),
    ("creat", (0, SETGID), "EPERM"),
    ("chmod", (0, 0o644), "allow"),
    ("chmod", (0, SETUID), "EPERM"),
    ("mknod", (0, 0o010644), "allow"),
    ("mknod", (0, 0o020644), "EPERM"),
    ("fork", (), "EPERM"),
    ("vfork", (), "EPERM"),
    ("arch_prctl", (0x1002,), "allow"),
    ("arch_prctl", (0x2001,), "EPERM"),
]
if MACHINE == "x86_64":
    CASES += LEGACY_CASES
NETWORK_CASES = [
    ("socket", (2, 1, 0), "allow"),
    ("socket", (10, 2 | 0x80000, 17), "allow"),
    ("socket", (2, 1, 6), "allow"),
    ("socket", (2, 2, 1), "EPERM"),  # ICMP
    ("socket", (2, 1, 262), "EPERM"),  # MPTCP
    ("socket", (2, 3, 0), "EPERM"),  # SOCK_RAW
    *(
        ("socket", (af, 1, 0), "EPERM")
        for af in range(46)
        if af not in (2, 10)
    ),
    ("setsockopt", (3, 1, 2), "allow"),  # SO_REUSEADDR
    ("setsockopt", (3, 6, 1), "allow"),  # TCP_NODELAY
    ("setsockopt", (3, 0, 11), "allow"),  # IP_RECVERR
    ("setsockopt", (3, 41, 26), "allow"),  # IPV6_V6ONLY
    ("setsockopt", (3, 1, 26), "EPERM"),  # SO_ATTACH_FILTER
    ("setsockopt", (3, 1, 50), "EPERM"),  # SO_ATTACH_BPF
    ("setsockopt", (3, 6, 31), "EPERM"),  # TCP_ULP
    ("setsockopt", (3, 0, 64), "EPERM"),  # IPT_SO_SET_REPLACE
    ("kill", (OTHER, 9), "EPERM"),
    ("clone", (FORK,), "EPERM"),
    ("epoll_create1", (0,), "allow"),
    ("sendmsg", (3, 0, 0), "allow"),
    ("sendmmsg", (3, 0, 1, 0), "allow"),
    ("sendmsg", (3, 0, 1), "EPERM"),  # MSG_OOB
    ("sendmmsg", (3, 0, 1, 1), "EPERM"),
]
PROCESSES_CASES = [
    ("clone", (FORK,), "allow"),
    ("clone", (VFORK,), "allow"),
    ("clone", (THREAD,), "allow"),
    *(("clone", (FORK | bit,), "EPERM") for bit in NAMESPACES),
    ("clone", (FORK | 0x8000,), "EPERM"),
    ("clone", (FORK | 0x800000,), "EPERM"),
    ("execve", (), "allow"),
    ("execveat", (), "EPERM"),
    ("kill", (OTHER, 9), "allow"),
    ("fcntl", (3, 6, 0), "allow"),
    *(("futex", (0, op), "allow") for op in (0, 1, 9, 10, 128)),
    *(("futex", (0, op), "EPERM") for op in (3, 4, 5, 6)),
    ("mmap", (0, 1, 3, 0x122), "EPERM"),
    ("epoll_create1", (0,), "allow"),
    ("sendmsg", (3, 0, 0), "EPERM"),
    ("prlimit64", (OTHER, 7), "EPERM"),
]
LOCKS_CASES = [
    ("fcntl", (3, 6, 0), "allow"),
    ("fcntl", (3, 38, 0), "allow"),
    ("fcntl", (3, 1024, 0), "EPERM"),
    ("flock", (3, 2), "allow"),
    ("clone", (FORK,), "EPERM"),
]
ZYGOTE_CASES = [
    ("unshare", (0x10020000,), "allow"),
    ("unshare", (0x38020000,), "allow"),
    ("unshare", (0x40000000,), "EPERM"),  # CLONE_NEWNET
    ("clone", (FORK | 0x1000,), "allow"),  # CLONE_PIDFD
    ("clone", (FORK | 0x10000000,), "EPERM"),
    ("clone3", (), "ENOSYS"),
    ("prctl", (1,), "allow"),  # PR_SET_PDEATHSIG
    ("prctl", (35,), "EPERM"),  # PR_SET_MM
    ("seccomp", (1, 1), "allow"),
    ("seccomp", (1, 8), "allow"),  # a listener, for the init of a call
    ("seccomp", (1, 4), "EPERM"),  # without mitigations of Spectre
    ("seccomp", (0, 0), "EPERM"),  # strict mode
    ("execveat", (), "EPERM"),
    ("socket", (1, 1, 0), "EPERM"),
]


def real(args, pid):
    known = {SELF: pid, OTHER: pid + 1}
    return [known.get(arg, arg) & 0xFFFFFFFFFFFFFFFF for arg in args]


def all_cases():
    tables = {
        "zygote": ZYGOTE_CASES,
        "worker": CASES,
        "worker,network": NETWORK_CASES,
        "worker,locks": LOCKS_CASES,
        "worker,processes": PROCESSES_CASES,
    }
    for stage, cases in tables.items():
        for name, args, wanted in cases:
            yield stage, name, args, wanted
