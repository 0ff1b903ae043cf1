"""Which failures of the set-up mean that a machine refuses namespaces.

Only a refusal leads ``isolation='auto'`` to another tier.  A shortage passes,
and other users can bring it about: it is an error, and is not remembered.  So
every answer that is not listed here is taken for a shortage.

The answers are those of user_namespaces(7), unshare(2), mount(2),
pivot_root(2), and of kernel/user_namespace.c and fs/namespace.c.  Not listed,
of those that look like refusals: EUSERS, which Linux gave before 4.9 for
namespaces too deep in each other; ENOSPC, which is that now, and every used-up
count of namespaces or mounts, those of an enclosing container included.
"""

from __future__ import annotations

import errno

_POLICY = {
    errno.EPERM: "a container's filter, a sysctl of the distribution, chroot",
    errno.EACCES: "a security module, such as AppArmor or SELinux",
    errno.ENOSYS: "a container's filter, or a kernel that is not Linux itself",
}
_NOT_BUILT_IN = {
    errno.EINVAL: "the kernel was built without one of the namespaces",
}

#: Stage of the launcher -> errno -> who refuses with it.
REFUSALS: dict[str, dict[int, str]] = {
    # unshare of a user and a mount namespace
    "collector": {**_POLICY, **_NOT_BUILT_IN},
    # open_tree; EACCES is about one path, and the caller's own
    "collect": {
        errno.EPERM: "a security module left the namespace no capability",
        errno.ENOSYS: "a container's filter that knows no such call",
    },
    # unshare of all namespaces, sethostname
    "namespaces": {**_POLICY, **_NOT_BUILT_IN},
    # writing /proc/self/setgroups, uid_map, gid_map
    "uid_map": {
        errno.EPERM: "a security module left the namespace no capability",
        errno.EACCES: "a security module forbids to write the file",
    },
    # fsopen, fsconfig, fsmount; EPERM also where a container hides parts of
    # its /proc, which a fresh one would show
    "proc": _POLICY,
    # mount, move_mount, pivot_root
    "root": {
        **_POLICY,
        errno.EINVAL: "the root is an initramfs, which cannot be changed",
    },
}

#: Stage -> the namespaces that it counts, by their names under
#: /proc/sys/user.  A detached mount counts as a mount namespace.
_COUNTED = {
    "collector": ("user", "mnt"),
    "namespaces": ("user", "mnt", "pid", "ipc", "uts", "cgroup", "net"),
    "collect": ("mnt",),
    "proc": ("mnt",),
    "root": ("mnt",),
}


def is_refusal(stage: str, number: int, *, network: bool = False) -> bool:
    """Whether a failed step means that the machine gives no namespaces.

    :param stage: name of the step, as in ``SetupError.stage``.
    :param number: its errno.
    :param network: the guest keeps the caller's network namespace.
    """
    if number == errno.ENOSPC:
        return switched_off(stage, network=network) is not None
    return number in REFUSALS.get(stage, ())


def switched_off(stage: str, *, network: bool = False) -> str | None:
    """The sysctl by which root allows no namespace that a stage needs.

    A limit of zero is how namespaces are switched off (namespaces(7)), and no
    count can reach it; any other limit can be used up.  What cannot be read
    is taken for another limit.
    """
    for kind in _COUNTED.get(stage, ()):
        if kind == "net" and network:
            continue
        name = f"user/max_{kind}_namespaces"
        try:
            with open(f"/proc/sys/{name}", "rb") as file:
                value = file.read().strip()
        except OSError:
            continue
        if value == b"0":
            return name.replace("/", ".")
    return None
