"""The first process of an emulated machine: mounts what a system has, and runs
programs of the tests as root, as a user whom a cgroup was given to, as a
service is, and as one who has none."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
CHECKOUT = Path("/checkout")
ANN = 1000
# What programs of the tests lie in, a copy in the home of who runs them.
ROOMS = ("zygote/programs", "calls/programs", "support/beside")
RULER = "ruled_by.py"
EVERY = (
    ("keepers.py",),
    ("guests_and_keepers.py",),
    ("memory_as_cause.py", "cgroup v2"),
)
# Of a cgroup, its owner's: as systemd.resource-control(5) has it.
DELEGATED = ("procs", "subtree_control", "threads")
libc = ctypes.CDLL(None, use_errno=True)


MS_BIND, MS_MOVE = 4096, 8192


def mount(kind, where, flags=0):
    Path(where).mkdir(exist_ok=True)
    source = kind.encode()
    if libc.mount(source, where.encode(), source, flags, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {kind}")


def leave_the_first_root():
    """No process whose root is that can make another its root, as sandboxes
    do (pivot_root(2))."""
    mount("/", "/run", MS_BIND)
    os.chdir("/run")
    mount("/run", "/", MS_MOVE)
    os.chroot(".")


def give(*paths):
    for path in paths:
        os.chown(path, ANN, ANN)


def group(path, *, memory=True, given=False):
    """A cgroup, whose members are given the memory controller or not."""
    path.mkdir()
    if given:
        give(path, *(path / f"cgroup.{name}" for name in DELEGATED))
    if memory:
        (path / "cgroup.subtree_control").write_text("+memory")
    return path


def run(what, program, *args, where=None, uid=0, tier="auto"):
    """Whether a program ends well, in a cgroup."""

    def begin():
        if where is not None:
            (where / "cgroup.procs").write_text("0")
        if uid:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)

    home = "/home/ann" if uid else "/root"
    done = subprocess.run(
        [sys.executable, *map(str, (program, *args))],
        preexec_fn=begin,
        cwd=home,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "PYTHONPATH": "/checkout",
            "TESTED_ISOLATION": tier,
        },
        check=False,
    )
    print(
        f"-- {what}: {'good' if done.returncode == 0 else 'BAD'}", flush=True
    )
    return done.returncode == 0


def main():
    leave_the_first_root()
    for kind, where in (
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("cgroup2", str(CGROUPS)),
        ("tmpfs", "/home"),
        ("tmpfs", "/run"),
    ):
        mount(kind, where)
    mount("tmpfs", "/dev/shm")
    os.chmod("/dev/shm", 0o1777)
    for home in (Path("/root"), Path("/home/ann")):
        home.mkdir(exist_ok=True)
        for room in ROOMS:
            for path in (CHECKOUT / "tests" / room).glob("*.py"):
                shutil.copy(path, home)
    give("/home/ann")
    print(
        os.uname().release, Path("/proc/self/cgroup").read_text(), flush=True
    )
    (CGROUPS / "cgroup.subtree_control").write_text("+memory")
    return all([*of_root(), *of_ann()])


def of_root():
    """In the root, which nobody may write to without capabilities; in a unit,
    beside which others are made; and in one whose limit that would escape, so
    that the program goes down in it."""
    yield run("root in the root", RULER, "watched")
    slice_ = group(CGROUPS / "system.slice")
    unit = group(slice_ / "one.service", memory=False)
    yield run("root in a unit", RULER, "cgroup v2", where=unit)
    for program, *args in EVERY:
        yield run(f"root: {program}", program, *args, where=unit)
    unit = group(slice_ / "limited.service", memory=False)
    (unit / "memory.max").write_text("1G")
    yield run("root in a limited unit", RULER, "cgroup v2", where=unit)


def of_ann():
    """As systemd has a user's session, applications, and services."""
    ann = {"uid": ANN}
    slice_ = group(CGROUPS / "user.slice")
    session = group(slice_ / "session-1.scope", memory=False)
    yield run("ann in a session", RULER, "watched", where=session, **ann)
    manager = group(slice_ / "user@1000.service", given=True)
    applications = group(manager / "app.slice", given=True)
    one = group(applications / "app-1.scope", memory=False, given=True)
    yield run("ann's application", RULER, "cgroup v2", where=one, **ann)
    for program, *args in EVERY:
        what = f"ann: {program}"
        yield run(what, program, *args, where=one, **ann)
    # Delegate=memory, User=ann.
    unit = group(
        CGROUPS / "system.slice" / "anns.service", memory=False, given=True
    )
    yield run("ann's service", RULER, "cgroup v2", where=unit, **ann)
    yield run("set up", "-m", "boxed", "setup")
    for tier in ("full", "uid"):
        what = f"ann, tier {tier}"
        yield run(what, RULER, "cgroup v2", where=one, tier=tier, **ann)


if __name__ == "__main__":
    ended = "bad"
    try:
        ended = "good" if main() else "bad"
    except BaseException:
        traceback.print_exc()
    print(f"\nMACHINE: {ended}", flush=True)
    os.sync()
    libc.reboot(0x4321FEDC)
