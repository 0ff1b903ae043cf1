"""What /proc, /sys and /dev tell, devices, and mounts."""

from __future__ import annotations

import errno
import os
import socket
import stat
from functools import partial

from boxed._doctor.attack import guest, reach
from boxed._doctor.attack.ways import Ways

from .attempts import admitted, attack
from .calls import AT_FDCWD, call

# On some machines only; where one is not, nothing is proven by it.
KERNEL_FILES = (
    "/proc/kcore",
    "/proc/kallsyms",
    "/proc/kmsg",
    "/proc/keys",
    "/proc/key-users",
    "/proc/timer_list",
    "/proc/sysrq-trigger",
    "/proc/modules",
    "/proc/cpuinfo",
    "/proc/mounts",
    "/proc/net/unix",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/user/max_user_namespaces",
    "/proc/sysvipc/shm",
    "/proc/scsi/scsi",
    "/proc/fs/ext4",
    "/proc/bus/pci",
    "/proc/irq",
    "/sys/firmware",
    "/sys/kernel",
    "/sys/class/net",
    "/sys/fs/cgroup",
    "/sys/devices/virtual/dmi/id/product_name",
    "/dev/kmsg",
    "/dev/mem",
    "/dev/port",
    "/dev/kvm",
    "/dev/fuse",
    "/dev/net/tun",
    "/dev/vda",
    "/dev/loop-control",
    "/dev/ptmx",
    "/dev/pts/0",
    "/dev/console",
    "/dev/vsock",
    "/dev/userfaultfd",
    "/dev/mapper/control",
    "/run/utmp",
    "/var/run",
    "/var/log",
)


@attack
def kernel_files(pids: list[int]) -> Ways:
    """What /proc, /sys and /dev tell of the machine, by odd spellings too.
    Nothing is written: opening for writing is the proof."""

    def opens(path: str, flags: int = os.O_RDONLY) -> None:
        if os.path.isdir(path):
            if not os.listdir(path):
                raise FileNotFoundError(errno.ENOENT, path)
            return
        os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))

    odd = {
        "/proc/self/../kcore": os.O_RDONLY,
        "//proc//kallsyms": os.O_RDONLY,
        "/proc/./timer_list": os.O_RDONLY,
        "/proc/self/task/../../keys": os.O_RDONLY,
        "/proc/thread-self/../../../kmsg": os.O_RDONLY,
        "/proc/self/root/proc/kallsyms": os.O_RDONLY,
        "/proc/sysrq-trigger": os.O_WRONLY,
        "/proc/sys/kernel/core_pattern": os.O_WRONLY,
        "/proc/sys/kernel/hostname": os.O_WRONLY,
        "/proc/self/oom_score_adj": os.O_WRONLY,
        "/proc/self/comm": os.O_WRONLY,
        "/proc/self/mem": os.O_RDWR,
        "/proc/self/uid_map": os.O_WRONLY,
        "/proc/self/setgroups": os.O_WRONLY,
        "/proc/self/clear_refs": os.O_WRONLY,
    }
    of_processes = [
        f"/proc/{pid}/{leaf}" for pid in pids for leaf in PROC_FILES
    ]
    return {
        **{
            f"open {path}": partial(opens, path)
            for path in (*KERNEL_FILES, *of_processes)
        },
        **{
            f"{'write' if flags else 'open'} {path}": partial(
                opens, path, flags
            )
            for path, flags in odd.items()
        },
    }


PROC_FILES = ("environ", "cmdline", "maps", "mem", "status", "fd", "task")


def mounts() -> str:
    """What the guest's mount table shows, or nothing."""
    try:
        with open("/proc/self/mountinfo") as file:
            return file.read()
    except OSError as error:
        return f"!{errno.errorcode[error.errno]}"


@attack
def special_files(folder: str, elsewhere: str) -> Ways:
    """Devices, and everything that changes what is mounted where; the first
    that mounts makes a mount namespace, where one can be had."""
    here = os.path.join

    def bind(place: str) -> bool:
        server = socket.socket(socket.AF_UNIX)
        server.bind(here(place, "bound"))
        return True

    path = os.fsencode(folder)

    def bind_mount() -> None:
        call("mount", path, path, None, 4096, None)

    device = partial(guest.make_device, folder)
    return {
        "mknod null": device,
        "mknod mem": partial(device, stat.S_IFCHR, 1, 1),
        "mknod disk": partial(device, stat.S_IFBLK, 254, 0),
        "mknod by number": lambda: call(
            "mknodat",
            AT_FDCWD,
            here(path, b"by-number"),
            stat.S_IFCHR | 0o666,
            os.makedev(1, 3),
        ),
        "fifo elsewhere": lambda: os.mkfifo(here(elsewhere, "fifo")),
        "socket elsewhere": lambda: bind(elsewhere),
        "open_tree": reach.clone_mounts,
        "fsopen": lambda: call("fsopen", b"tmpfs", 0),
        "fspick": lambda: call("fspick", AT_FDCWD, b"/", 0),
        "mount": partial(reach.mount, folder),
        "bind mount": bind_mount,
        "remount": lambda: admitted(
            "mount", None, path, None, 0x20 | 0x1000, None
        ),
        "mount_setattr": lambda: admitted(
            "mount_setattr", AT_FDCWD, path, 0, bytes(32), 32
        ),
        "move_mount": lambda: admitted(
            "move_mount", AT_FDCWD, path, AT_FDCWD, path, 0
        ),
        "umount": lambda: admitted("umount2", path + b"/none", 2),
        "chroot": reach.chroot,
        "pivot_root": partial(reach.pivot_root, folder),
    }
