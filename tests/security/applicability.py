"""Where a case does not apply, and why; docs/security.rst is made from it.

`NOT_APPLICABLE` names what a tier cannot hold by design: an attempt of a case
(a pattern of fnmatch) that reaches something in these tiers.  `POWERLESS` is
about the controls: an attempt that the environment refuses without any
sandbox, so that it proves nothing there; another environment proves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

NO_MOUNTS = ("uid", "landlock")
ORDINARY = ("user", "rootless", "docker-user", "kubernetes")
CONTAINERS = ("docker-user", "kubernetes")
ALL = ("root", *ORDINARY)


@dataclass(frozen=True)
class NotApplicable:
    """What a tier does not hold, and why that is accepted."""

    case: str
    attempts: tuple[str, ...]
    tiers: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Powerless:
    """What is refused in an environment without a sandbox."""

    case: str
    attempts: tuple[str, ...]
    environments: tuple[str, ...]
    why: str


NOT_APPLICABLE = (
    NotApplicable(
        "P-F01",
        (
            "stat",
            "access",
            "statvfs",
            "readlink",
            "chdir",
            "open with O_PATH",
        ),
        NO_MOUNTS,
        "Landlock does not rule over metadata: without a mount namespace a"
        " guest can learn that a path exists, of what kind and size it is and"
        " where a link leads, as far as the modes let its uid",
    ),
    NotApplicable(
        "P-S01",
        (
            "getpgid",
            "getsid",
            "sched_getaffinity",
            "sched_getscheduler",
            "stat of /proc",
        ),
        NO_MOUNTS,
        "no pid namespace: that a number is a process's, its group, session"
        " and processors, can be asked by calls that the C library needs for"
        " a process's own threads; nothing can be done to it",
    ),
    NotApplicable(
        "siblings",
        ("futex woken",),
        ("full", "uid", "rootless", "landlock"),
        "two guests that map one page of a file that both can read can wake"
        " each other's waits on it, which programs must expect at any time;"
        " the C library needs the call for locks that processes share",
    ),
    NotApplicable(
        "siblings with processes=N",
        ("futex woken", "lock on a library", "record lock on a library"),
        ("full", "rootless"),
        "processes that share a /tmp need locks that work between them, and"
        " neither Landlock nor a filter can tell which file is locked: what"
        " a guest can read it can lock, for all readers of the host's file",
    ),
)

POWERLESS = (
    Powerless(
        "siblings",
        ("key", "user key"),
        CONTAINERS,
        "the container's filter refuses them",
    ),
    Powerless(
        "siblings",
        ("process_madvise", "perf_event_open"),
        ORDINARY,
        "root's alone where perf_event_paranoid is 2",
    ),
    Powerless("siblings", ("vsock",), ALL, "needs the module vsock_loopback"),
    Powerless("residue", ("vsock",), ALL, "needs the module vsock_loopback"),
    Powerless(
        "residue",
        ("key", "user key"),
        CONTAINERS,
        "the container's filter refuses them",
    ),
    Powerless(
        "residue",
        ("record lock on a library", "futex *"),
        ALL,
        "has no effect within a process, which the control is",
    ),
    Powerless(
        "P-F01",
        ("read /etc/shadow", "list /root"),
        ORDINARY,
        "root's alone",
    ),
    Powerless(
        "P-F02",
        ("create in /[!tv]*", "create in /", "create in /usr*"),
        ORDINARY,
        "root's alone",
    ),
    Powerless(
        "P-S01",
        ("process_madvise", "perf_event_open"),
        ORDINARY,
        "root's alone where perf_event_paranoid is 2",
    ),
    Powerless(
        "P-S03", ("clone3",), CONTAINERS, "the container's filter refuses it"
    ),
    Powerless("P-N02", ("raw", "packet"), ORDINARY, "root's alone"),
    Powerless(
        "P-K03", ("*",), CONTAINERS, "the container's filter refuses them"
    ),
    Powerless("P-K05", ("bpf", "/dev/*"), ORDINARY, "root's alone"),
    Powerless("P-K08", ("PR_SET_SECUREBITS",), ORDINARY, "root's alone"),
    Powerless(
        "P-K08",
        ("PR_SET_MM", "PR_SET_PTRACER", "PR_SET_SPECULATION_CTRL"),
        ALL,
        "needs checkpointing, Yama or a processor that has the switch",
    ),
    Powerless(
        "P-K06", ("*",), CONTAINERS, "the container's filter refuses them"
    ),
    Powerless("P-F03", ("open_by_handle_at",), ORDINARY, "root's alone"),
    Powerless("P-F06", ("security.capability",), ORDINARY, "root's alone"),
    Powerless(
        "P-F08",
        (
            "open /proc/kmsg",
            "open /proc/*timer_list",
            "open /proc/*/kmsg",
            "open /dev/*",
            "write /proc/sys*",
            "write /proc/self/setgroups",
        ),
        ORDINARY,
        "root's alone",
    ),
    Powerless(
        "P-F09",
        ("mknod *", "*mount*", "fs*", "open_tree", "pivot_root", "chroot"),
        ORDINARY,
        "root's alone",
    ),
)


def find(case: str, attempt: str, tier: str) -> NotApplicable | None:
    """The entry for an attempt in a tier, if there is one."""
    for entry in NOT_APPLICABLE:
        if (
            entry.case == case
            and tier in entry.tiers
            and any(fnmatchcase(attempt, one) for one in entry.attempts)
        ):
            return entry
    return None


def is_powerless(case: str, attempt: str, environment: str) -> bool:
    return any(
        entry.case == case
        and environment in entry.environments
        and any(fnmatchcase(attempt, one) for one in entry.attempts)
        for entry in POWERLESS
    )
