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

from .attempts import attempt
from .calls import NAMESPACES, by_number, call, number

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


def call_all(skip: list[str]) -> dict[str, str]:
    """Each forbidden call with arguments that no call accepts."""
    bad = (-1, -1, -1, -1, -1, -1)
    return {
        name: attempt(call, name, *bad)
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


def namespaces() -> dict[str, str]:
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

    def enter() -> None:
        fd = os.open("/proc/self/ns/uts", os.O_RDONLY)
        call("setns", fd, 0)

    found = {}
    # First with all the rights of the process, then within what it made.
    for name, flag in NAMESPACES.items():
        if name != "CLONE_NEWTIME":
            both = flag | NAMESPACES["CLONE_NEWUSER"]
            found[f"clone {name}"] = attempt(clone, both)
            found[f"clone3 {name}"] = attempt(clone3, both)
    found["clone with high bits"] = attempt(high_bits)
    for name, flag in NAMESPACES.items():
        found[f"unshare {name}"] = attempt(call, "unshare", flag)
    found["setns"] = attempt(enter)
    for path in ("max_user_namespaces", "max_mnt_namespaces"):
        found[f"write {path}"] = attempt(
            os.open, f"/proc/sys/user/{path}", os.O_WRONLY
        )
    return found


def use_threads() -> int:
    """What a filter against processes must leave: threads."""
    done = []
    made = [threading.Thread(target=done.append, args=(n,)) for n in range(8)]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()
    return len(done)


def uring() -> dict[str, str]:
    """A ring would open files past any filter of open."""
    parameters = ctypes.create_string_buffer(120)

    def ring() -> None:
        os.close(call("io_uring_setup", 8, parameters))

    return {"io_uring_setup": attempt(ring)}


def powerful_calls() -> dict[str, str]:
    """Calls with large surfaces, with arguments that would work."""

    def bpf() -> None:
        map_create = struct.pack("5I", 2, 4, 4, 1, 0) + bytes(108)
        os.close(call("bpf", 0, map_create, len(map_create)))

    def perf() -> None:
        event = bytearray(128)
        struct.pack_into("IIQ", event, 0, 1, 128, 0)  # software, cpu clock
        struct.pack_into("Q", event, 40, 0b1100001)  # without the kernel
        buffer = (ctypes.c_char * 128).from_buffer(event)
        os.close(call("perf_event_open", buffer, 0, -1, -1, 0))

    def userfault() -> None:
        os.close(call("userfaultfd", 1))

    def advise() -> None:
        fd = call("pidfd_open", os.getpid(), 0)
        page = ctypes.create_string_buffer(8192)
        vector = (ctypes.c_size_t * 2)(ctypes.addressof(page) & ~4095, 4096)
        call("process_madvise", fd, vector, 1, 20, 0)

    def quota() -> None:
        os.close(call("fanotify_init", 0x200, 0))

    own = os.getpid()
    return {
        "bpf": attempt(bpf),
        "perf_event_open": attempt(perf),
        "userfaultfd": attempt(userfault),
        "/dev/userfaultfd": attempt(os.open, "/dev/userfaultfd", os.O_RDWR),
        "kcmp": attempt(call, "kcmp", own, own, 0, 0, 0),
        "process_madvise": attempt(advise),
        "fanotify": attempt(quota),
        "memfd_create": attempt(call, "memfd_create", b"x", 0),
        "mincore": attempt(mincore),
        "ptrace": attempt(call, "ptrace", 0, 0, 0, 0),
    }


def mincore() -> None:
    page = mmap.mmap(-1, 4096)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    call("mincore", at, 4096, ctypes.create_string_buffer(1))


def personality() -> dict[str, str]:
    """Settings of the process that weaken it or the walls."""

    def filter_listener() -> None:
        allow = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
        code = ctypes.create_string_buffer(allow, 8)
        program = struct.pack("H6xQ", 1, ctypes.addressof(code))
        call("prctl", 38, 1, 0, 0, 0)
        os.close(call("seccomp", 1, 8, program))

    def filter_more() -> None:
        allow = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
        code = ctypes.create_string_buffer(allow, 8)
        program = struct.pack("H6xQ", 1, ctypes.addressof(code))
        call("prctl", 38, 1, 0, 0, 0)
        call("prctl", 22, 2, program, 0, 0)

    def prctl(*args: int) -> int:
        return call("prctl", *args, *[0] * (5 - len(args)))

    found = {
        "ADDR_NO_RANDOMIZE": attempt(call, "personality", 0x0040000),
        "READ_IMPLIES_EXEC": attempt(call, "personality", 0x0400000),
        "MMAP_PAGE_ZERO": attempt(call, "personality", 0x0100000),
        "personality with high bits": attempt(
            call, "personality", 0x0040000 | 1 << 32
        ),
        "PR_SET_DUMPABLE": attempt(prctl, 4, 1),
        "PR_SET_PDEATHSIG": attempt(prctl, 1, 0),
        "PR_SET_CHILD_SUBREAPER": attempt(prctl, 36, 1),
        "PR_SET_KEEPCAPS": attempt(prctl, 8, 1),
        "PR_SET_SECUREBITS": attempt(prctl, 28, 0),
        "PR_CAP_AMBIENT": attempt(prctl, 47, 4),
        "PR_SET_MM": attempt(prctl, 35, 8, id(0) & ~4095),
        "PR_SET_PTRACER": attempt(prctl, 0x59616D61, -1),
        "PR_SET_SPECULATION_CTRL": attempt(prctl, 53, 0, 4),
        "PR_SET_TSC": attempt(prctl, 26, 1),
        "PR_SET_SECCOMP": attempt(filter_more),
        "seccomp listener": attempt(filter_listener),
    }
    return found


def no_new_privs() -> int:
    """The flag, after an attempt to take it back."""
    with contextlib.suppress(OSError):
        call("prctl", 38, 0, 0, 0, 0)
    return call("prctl", 39, 0, 0, 0, 0)
