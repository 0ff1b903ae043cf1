"""The attempts of ``boxed doctor --attack``, in the order in which they are
made and reported: what is tried, how, and where a wall stands against it.
"""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass

from ..._policy.tiers import NAMESPACES, NUMBERS
from . import plans
from .session import VARIABLE
from .sides import LIMITS, MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .plans import Plan

_EVERYWHERE = frozenset(NUMBERS)
_INET, _UNIX = int(socket.AF_INET), int(socket.AF_UNIX)
_STREAM, _DGRAM = int(socket.SOCK_STREAM), int(socket.SOCK_DGRAM)
_TERM = int(signal.SIGTERM)


@dataclass(frozen=True)
class Attack:
    """One row of the table.

    :ivar what: what is tried, as a user would say it.
    :ivar plan: how.
    :ivar tiers: where a wall stands against it.
    :ivar without: what is so in the other tiers.
    """

    what: str
    plan: Plan
    tiers: frozenset[str] = _EVERYWHERE
    without: str = ""


ATTACKS = (
    # Files
    Attack(
        "read a file of the caller's, mode 0644",
        plans.reads("read", plans.file(0o644)),
    ),
    Attack(
        "read a file of the caller's, mode 0600",
        plans.reads("read", plans.file(0o600)),
    ),
    Attack("read a file by another name of it", plans.other_name),
    Attack("read /etc/shadow", plans.call("holds", "/etc/shadow", "root:")),
    Attack("list a directory of the caller's", plans.list_folder),
    Attack("make files where the caller may", plans.write_files),
    Attack("change a file that all may write", plans.alters("change", "new")),
    Attack(
        "change the mode and times of a file",
        plans.alters("change_metadata"),
    ),
    Attack("make a set-user-id file", plans.in_folder("set_id_bit")),
    Attack("make a device", plans.in_folder("make_device")),
    Attack(
        "use a descriptor of the caller's",
        plans.reads("descriptors", plans.inherited()),
    ),
    # The caller
    Attack(
        "see the caller's environment",
        plans.reads("environment", plans.inherited(VARIABLE)),
    ),
    Attack("read /proc/PID/environ", plans.victim_file("environ")),
    Attack("read /proc/PID/cmdline", plans.victim_file("cmdline")),
    Attack("read /proc/PID/mem", plans.victim_memory("memory_file")),
    Attack("read by process_vm_readv", plans.victim_memory("peek")),
    Attack("take a descriptor by pidfd_getfd", plans.descriptor),
    Attack("signal the caller", plans.signal_doctor),
    Attack("end a process", plans.on_victim("kill", plans.died, _TERM)),
    Attack(
        "end a process by its pidfd",
        plans.on_victim("pidfd_kill", plans.died, _TERM),
    ),
    Attack("trace a process", plans.on_victim("trace", plans.did)),
    Attack(
        "set limits of a process",
        plans.on_victim("limit", plans.changed, 64),
    ),
    Attack(
        "set the priority of a process",
        plans.on_victim("renice", plans.changed, 5),
    ),
    Attack(
        "set the processors of a process",
        plans.on_victim("pin", plans.changed),
    ),
    # Another call
    Attack("end another call", plans.sibling("kill", _TERM, kills=True)),
    Attack("trace another call", plans.sibling("trace")),
    Attack("set limits of another call", plans.sibling("limit", 64)),
    Attack("set the priority of another call", plans.sibling("renice", 5)),
    Attack("find what another call left", plans.residue),
    # Identity
    Attack("become another user", plans.identity),
    Attack("take groups", plans.call("change_groups", [0, 4])),
    Attack("raise capabilities", plans.call("capabilities")),
    # Namespaces
    Attack("make a user namespace", plans.call("unshare")),
    Attack("mount", plans.in_folder("mount")),
    Attack("clone mounts", plans.call("clone_mounts")),
    Attack("chroot", plans.call("chroot")),
    Attack("pivot_root", plans.in_folder("pivot_root")),
    Attack("join a namespace", plans.on_victim("join_namespace", plans.did)),
    # Network and other sockets
    Attack(
        "connect by TCP to loopback",
        plans.sockets(_INET, _STREAM, "loopback"),
    ),
    Attack(
        "send by UDP to loopback", plans.sockets(_INET, _DGRAM, "loopback")
    ),
    Attack("listen for TCP", plans.call("listen")),
    Attack(
        "connect to an abstract socket",
        plans.sockets(_UNIX, _STREAM, "abstract"),
    ),
    Attack("connect to a socket file", plans.sockets(_UNIX, _STREAM, "path")),
    Attack(
        "send to a datagram socket file",
        plans.sockets(_UNIX, _DGRAM, "path"),
    ),
    Attack("make sockets of other families", plans.call("odd_sockets")),
    # Programs
    Attack("fork", plans.call("fork")),
    Attack("start a program", plans.call("spawn")),
    Attack("become a program", plans.executes("execute")),
    Attack(
        "become a program it wrote",
        plans.executes("execute_written", written=True),
    ),
    Attack("become a program in memory", plans.executes("execute_memory")),
    # Keys, memory and queues with names
    Attack("read a key of the caller's", plans.reads("read_key", plans.key)),
    Attack("make a key", plans.call("add_key", "boxed-attack")),
    Attack("read System V memory", plans.reads("read_shm", plans.shm)),
    Attack(
        "read POSIX shared memory", plans.reads("read", plans.named_memory)
    ),
    Attack("read a message queue", plans.reads("read_queue", plans.queue)),
    # Doors of the kernel
    Attack("io_uring", plans.call("io_uring")),
    Attack("bpf", plans.call("bpf")),
    Attack("perf_event_open", plans.call("perf")),
    Attack("userfaultfd", plans.call("userfaultfd")),
    Attack("switch off address randomisation", plans.call("personality")),
    Attack("make itself dumpable", plans.call("dumpable")),
    Attack("type into the terminal", plans.terminal),
    # What comes back
    Attack("return a pickle that runs code", plans.hostile),
    Attack("print terminal escapes", plans.escape),
    # Limits
    Attack("print without end", plans.much_output),
    Attack("return without end", plans.call("long_result", MIB)),
    Attack("run on after the timeout", plans.overtime),
    Attack("eat memory", plans.beyond("eat_memory", 40, 64, 4 * MIB)),
    Attack(
        "start threads",
        plans.beyond("start_threads", LIMITS.threads, 40),
        NAMESPACES,
        "the limit is exact only where there are namespaces",
    ),
    Attack(
        "open descriptors",
        plans.beyond("open_many", LIMITS.open_files, 200),
    ),
    Attack(
        "grow a file",
        plans.in_folder("grow_file", 64 * MIB),
    ),
    Attack("fill /tmp", plans.fill),
)
