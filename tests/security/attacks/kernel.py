"""Calls with large surfaces, foreign calls, namespaces, settings of the
process."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import struct
import threading
from functools import partial

from boxed._doctor.attack import reach
from boxed._doctor.attack.ways import Ways

from .attempts import attack
from .calls import NAMESPACES, by_number, call, number, vector

# Every call here must be refused before its arguments are looked at.
FORBIDDEN = (
    "acct add_key adjtimex bpf capset chroot clock_adjtime clock_settime"
    " delete_module fanotify_init fanotify_mark finit_module fsconfig"
    " fsmount fsopen fspick init_module inotify_add_watch inotify_init1"
    " io_destroy io_setup io_submit io_uring_enter io_uring_register"
    " io_uring_setup ioprio_set kcmp kexec_file_load"
    " kexec_load keyctl listmount lsetxattr mbind memfd_create memfd_secret"
    " migrate_pages mincore mlock mlock2 mlockall mount mount_setattr"
    " move_mount move_pages mq_open mq_unlink msgctl msgget"
    " name_to_handle_at open_by_handle_at open_tree openat2 perf_event_open"
    " pidfd_getfd pidfd_open pidfd_send_signal pivot_root pkey_alloc"
    " process_madvise process_mrelease process_vm_readv process_vm_writev"
    " ptrace quotactl quotactl_fd reboot remap_file_pages request_key"
    " sched_setaffinity sched_setattr sched_setparam sched_setscheduler"
    " seccomp semctl semget set_mempolicy setdomainname setfsgid setfsuid"
    " setgid setgroups sethostname setns setregid setresgid setresuid"
    " setreuid settimeofday setuid setxattr shmat shmctl shmget splice"
    " statmount swapoff swapon sync syncfs syslog tee timer_create umount2"
    " unshare userfaultfd vhangup vmsplice"
).split()

# Without an argument to be wrong, these would do what they are for.
HARMFUL = {"sync", "vhangup", "setfsuid", "setfsgid"}


@attack
def call_all(skip: list[str]) -> Ways:
    """Each forbidden call with arguments that no call accepts."""
    bad = (-1, -1, -1, -1, -1, -1)
    return {
        name: partial(call, name, *bad)
        for name in FORBIDDEN
        if name not in skip
    }


def native_code(code: bytes) -> int:
    """Run machine code from a fresh page; the value of its register."""
    page = mmap.mmap(
        -1,
        mmap.PAGESIZE,
        prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC,
    )
    page.write(code)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(at)()


def foreign_call(how: str) -> int:
    """getpid by the 32-bit gate, or by the number that x32 gives it."""
    if how == "int 0x80":
        # push rbx; mov eax, 20; int 0x80; pop rbx; ret
        return native_code(bytes.fromhex("53b814000000cd805bc3"))
    return by_number(0x40000000 | number("getpid"))


@attack
def namespaces() -> Ways:
    """New namespaces by every call that makes one, and others' entered."""

    def clone(flags: int) -> None:
        if call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0) == 0:
            os._exit(0)

    def clone3(flags: int) -> None:
        args = struct.pack("11Q", flags, 0, 0, 0, signal.SIGCHLD, *[0] * 6)
        if call("clone3", args, len(args)) == 0:
            os._exit(0)

    def high_bits() -> None:
        flags = NAMESPACES["CLONE_NEWUSER"] | 1 << 32
        call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0)

    own = NAMESPACES["CLONE_NEWUSER"]
    clones = [name for name in NAMESPACES if name != "CLONE_NEWTIME"]
    # First with all the rights of the process, then within what it made.
    return {
        **{
            f"{how.__name__} {name}": partial(how, NAMESPACES[name] | own)
            for name in clones
            for how in (clone, clone3)
        },
        "clone with high bits": high_bits,
        **{
            f"unshare {name}": partial(reach.unshare, flag)
            for name, flag in NAMESPACES.items()
        },
        "setns": partial(reach.join_namespace, "self", "uts"),
        **{
            f"write {name}": partial(
                os.open, f"/proc/sys/user/{name}", os.O_WRONLY
            )
            for name in ("max_user_namespaces", "max_mnt_namespaces")
        },
    }


def use_threads() -> int:
    """What a filter against processes must leave: threads."""
    done = []
    made = [threading.Thread(target=done.append, args=(n,)) for n in range(8)]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()
    return len(done)


@attack
def uring() -> Ways:
    """A ring would open files past any filter of open."""
    return {"io_uring_setup": reach.io_uring}


@attack
def powerful_calls() -> Ways:
    """Calls with large surfaces, with arguments that would work."""

    def advise() -> None:
        fd = call("pidfd_open", os.getpid(), 0)
        page = ctypes.create_string_buffer(8192)
        part = vector(ctypes.addressof(page) & ~4095, 4096)
        call("process_madvise", fd, part, 1, 20, 0)

    def notify() -> None:
        os.close(call("fanotify_init", 0x200, 0))

    own = os.getpid()
    return {
        "bpf": reach.bpf,
        "perf_event_open": reach.perf,
        "userfaultfd": reach.userfaultfd,
        "/dev/userfaultfd": lambda: os.open("/dev/userfaultfd", os.O_RDWR),
        "kcmp": partial(call, "kcmp", own, own, 0, 0, 0),
        "process_madvise": advise,
        "fanotify": notify,
        "memfd_create": partial(call, "memfd_create", b"x", 0),
        "mincore": mincore,
        "ptrace": partial(call, "ptrace", 0, 0, 0, 0),
    }


def mincore() -> None:
    page = mmap.mmap(-1, 4096)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    call("mincore", at, 4096, ctypes.create_string_buffer(1))


@attack
def personality() -> Ways:
    """Settings of the process that weaken it or the walls."""

    def prctl(*args: int) -> int:
        return call("prctl", *args, *[0] * (5 - len(args)))

    def install_filter(name: str, *args: int) -> None:
        allow = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
        code = ctypes.create_string_buffer(allow, 8)
        prctl(38, 1)
        call(name, *args, struct.pack("H6xQ", 1, ctypes.addressof(code)))

    settings = {
        "PR_SET_PDEATHSIG": (1, 0),
        "PR_SET_CHILD_SUBREAPER": (36, 1),
        "PR_SET_KEEPCAPS": (8, 1),
        "PR_SET_SECUREBITS": (28, 0),
        "PR_CAP_AMBIENT": (47, 4),
        "PR_SET_MM": (35, 8, id(0) & ~4095),
        "PR_SET_PTRACER": (0x59616D61, -1),
        "PR_SET_SPECULATION_CTRL": (53, 0, 4),
        "PR_SET_TSC": (26, 1),
    }
    return {
        "ADDR_NO_RANDOMIZE": reach.personality,
        "READ_IMPLIES_EXEC": partial(reach.personality, 0x0400000),
        "MMAP_PAGE_ZERO": partial(reach.personality, 0x0100000),
        "personality with high bits": partial(
            call, "personality", 0x0040000 | 1 << 32
        ),
        "PR_SET_DUMPABLE": reach.dumpable,
        **{name: partial(prctl, *args) for name, args in settings.items()},
        "PR_SET_SECCOMP": partial(install_filter, "prctl", 22, 2),
        "seccomp listener": partial(install_filter, "seccomp", 1, 8),
    }


def no_new_privs() -> int:
    """The flag, after an attempt to take it back."""
    with contextlib.suppress(OSError):
        call("prctl", 38, 0, 0, 0, 0)
    return call("prctl", 39, 0, 0, 0, 0)
