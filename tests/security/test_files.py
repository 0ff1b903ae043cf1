"""P-F: a guest and files of the host, of the caller's and of others."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

import pytest
from security.attacks.attempts import REACHED
from security.attacks.programs import REPLACEMENTS
from security.callers import FAMILY
from security.judging import both, judge

from boxed._doctor.attack.reach import EXECUTED

HOST_FILES = {
    "/etc/passwd": "root:",
    "/etc/group": "root:",
    "/etc/shadow": "root:",
    "/etc/hostname": "",
    "/etc/fstab": "",
    "/proc/self/environ": "HOME",
    "/proc/version": "Linux",
}
# What they list on the host only.
HOST_FOLDERS = {
    "/": "sys",
    "/etc": "shadow",
    "/root": ".bashrc",
    "/var": "log",
    "/usr": "sbin",
    "/dev": "pts",
}


@pytest.mark.case("P-F01")
def test_p_f01_read_files_of_the_host(caller, world):
    """No file of the caller's or of the host's can be read, whatever its
    mode, and no folder of theirs can be listed."""
    folder = str(world.folder)
    files = {
        f"{folder}/{name}": "canary"
        for name in ("private", "public", ".ssh/id_ed25519", "link")
    }
    files.update({str(path): "canary" for path in world.loose})
    folders = {
        **HOST_FOLDERS,
        folder: "public",
        f"{folder}/.ssh": "id_ed25519",
        "/var/tmp": caller.targets.name,
        "/proc": str(caller.pid),
    }
    both(caller, "P-F01", "read_files", {**files, **HOST_FILES}, folders)


@pytest.mark.case("P-F01")
def test_p_f01_learn_of_files_without_opening(caller, world):
    """Nothing tells that a hidden file is there, how large it is, where a
    link leads or what its attributes say."""
    link = str(world.folder / "link")
    both(caller, "P-F01", "look_at", world.public, link)


def changes_of(folder: Path) -> dict[str, tuple]:
    """All that is in a folder, to compare."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        seen = path.lstat()
        names = os.listxattr(path, follow_symlinks=False)
        found[str(path)] = (
            seen.st_mode,
            seen.st_uid,
            seen.st_size,
            seen.st_mtime_ns,
            seen.st_ctime_ns,
            seen.st_nlink,
            tuple(names),
            path.read_bytes() if stat.S_ISREG(seen.st_mode) else None,
        )
    return found


PLACES = [
    "/",
    "/etc",
    "/usr",
    "/usr/lib",
    "/usr/bin",
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/dev",
    "/run",
]


@pytest.mark.case("P-F02")
def test_p_f02_create_files_on_the_host(caller, world):
    """A new file lands nowhere but on a file system of the guest's own."""
    home = str(caller.environment.home)
    library = caller.caller("library")
    places = [*PLACES, home, str(world.folder), library, str(caller.folder)]
    devices = caller.caller("st_devices", places)
    # The same program as in the sandbox: what it leaves must not be there.
    name = f"boxed-made-{secrets.token_hex(8)}"
    inside = caller.sandbox("create_in", devices, name, False)
    left = [place for place in places if Path(place, name).exists()]
    assert left == []
    outside = caller.control("create_in", devices, name, True)
    judge(caller, "P-F02", inside, outside)


@pytest.mark.case("P-F02")
def test_p_f02_change_files_of_the_caller(caller, world):
    """Nothing of a folder of the caller's can be changed, marked, locked or
    watched: not its files, not their modes, times or attributes."""
    tree = world.folder / "trees"
    name = secrets.token_hex(4)
    before = changes_of(tree)
    inside = caller.sandbox("spoil", str(tree), name)
    changed = {
        path: (seen, before.get(path))
        for path, seen in changes_of(tree).items()
        if before.get(path) != seen
    }
    copy = caller.make_folder()
    caller.caller("make_world", str(copy))
    outside = caller.control("spoil", str(copy / "trees"), name)
    judge(caller, "P-F02", inside, outside)
    assert changed == {}


@pytest.mark.case("P-F02")
def test_p_f02_change_what_the_guest_can_read(caller):
    """The package's own folder, which the guest reads, cannot be changed,
    also where its files belong to the guest's own uid."""
    environment = caller.environment
    shown = caller.folder / f"shown-{caller.name}"
    shown.mkdir(mode=0o755)
    os.chown(shown, environment.uid, environment.gid)
    caller.caller("make_world", str(shown))
    tree = shown / "trees"
    before = changes_of(tree)
    name = secrets.token_hex(4)
    inside = caller.sandbox("spoil", str(tree), name)
    after = changes_of(tree)
    outside = caller.control("spoil", str(tree), name)
    judge(caller, "P-F02", inside, outside)
    assert after == before


@pytest.mark.case("P-F03")
def test_p_f03_read_by_other_spellings(caller, world):
    """No spelling, link, handle or detour leads to a file of the host's."""
    link = str(world.folder / "link")
    victim = caller.caller("start_victim")
    pids = [victim, caller.pid, 1, os.getpid()]
    try:
        inside = caller.sandbox("bend_paths", world.public, link, pids)
        outside = caller.control("bend_paths", world.public, link, [victim])
    finally:
        caller.caller("end_victim", victim)
    judge(caller, "P-F03", inside, outside)


@pytest.mark.case("P-F03")
def test_p_f03_follow_a_link_from_a_visible_folder(caller, world):
    """A link in a folder that the guest reads leads out of it for the host
    only."""
    link = caller.folder / f"link-{caller.name}"
    link.symlink_to(world.public)
    both(caller, "P-F03", "read_files", {str(link): "canary"}, {})


@pytest.mark.case("P-F04")
def test_p_f04_use_descriptors_of_the_caller(caller, world):
    """What the caller had open and inheritable when the sandbox was started
    is not open in it: four descriptors are, and no others."""
    fds = caller.caller("open_all", world.public)
    try:
        # Another policy, so that its sandbox is started now.
        options = {"imports": ["attacks", "colorsys"]}
        inside = caller.sandbox("use_descriptors", fds, "public", **options)
        shown = caller.sandbox("descriptors", **options)
        outside = caller.control("use_descriptors", fds, "public")
    finally:
        caller.caller("close_all", fds)
    # EBADF is the very answer here.
    assert set(inside.values()) == {"EBADF"}
    assert set(outside.values()) == {REACHED}
    kinds = {fd: kind.split()[0] for fd, kind in shown.items()}
    assert kinds == {"0": "c", "1": "p", "2": "p", "3": "s"}
    assert shown["0"] == "c 0x103"


@pytest.mark.case("P-F05")
def test_p_f05_leave_files_behind(caller, world):
    """What a call leaves in its /tmp is not there for the next, and not on
    the host, however hard to remove it was made."""
    secret = secrets.token_hex(8)
    if not caller.has_namespaces:
        # No mounts, so no place of its own: it can write nowhere at all.
        outcome = caller.outcome("use_scratch", secret)
        assert outcome["type_name"] in ("PermissionError", "FileNotFoundError")
        return
    nothing = {"/tmp": [], "/dev/shm": []}
    assert caller.sandbox("use_scratch", secret) == nothing
    assert caller.sandbox("use_scratch", secret) == nothing
    for place in ("/tmp", "/dev/shm", "/var/tmp"):
        names = os.listdir(place)
        assert not [name for name in names if secret in name]
    # The host sees them while nothing hides them: the control.
    folder = caller.make_folder()
    folder.joinpath(secret).touch()
    assert [n for n in os.listdir(folder) if secret in n]


@pytest.mark.case("P-F06")
def test_p_f06_make_a_set_id_program(caller):
    """A program with set-id bits or capabilities cannot be made, by any call
    that gives a file its mode."""
    folder = caller.make_folder()
    place = "/tmp" if caller.has_namespaces else str(folder)
    inside = caller.sandbox("set_ids", place)
    judge(caller, "P-F06", inside, caller.control("set_ids", str(folder)))


@pytest.mark.case("P-F06")
def test_p_f06_reach_the_scratch_from_the_host(caller, callers):
    """Another user of the host gets at no file in a guest's /tmp."""
    _, stranger = callers.stranger("rootless")
    with caller.staying() as worker:
        root = Path(f"/proc/{worker.pid}/root/tmp")
        seen = stranger.python(f"import os; print(os.listdir('{root}'))")
        assert os.access(root, os.R_OK)
    assert seen.returncode != 0
    assert "PermissionError" in seen.stderr


PROGRAM = "/usr/bin/id"
LOADER = str(next(Path("/lib64").glob("ld-linux*"), "/lib64/ld.so"))


def places_for_programs(caller) -> tuple[str, str]:
    """Where a guest may write a program, if anywhere, and where its control
    may."""
    folder = str(caller.make_folder())
    return ("/tmp" if caller.has_namespaces else folder), folder


@pytest.mark.case("P-F07")
def test_p_f07_execute_programs(caller):
    """No program can be started: not one that is there, not one that was
    dropped, not from memory, not through the loader."""
    place, folder = places_for_programs(caller)
    inside = caller.sandbox("execute", place, PROGRAM, LOADER)
    outside = caller.control("execute", folder, PROGRAM, LOADER)
    judge(caller, "P-F07", inside, outside)
    if caller.has_namespaces:
        forked = caller.sandbox("execute", place, PROGRAM, LOADER, **FAMILY)
        # With processes=N the interpreter starts others of itself, and none.
        own = ("start interpreter", "start /proc/self/exe")
        for how in (*own, "posix_spawn interpreter"):
            assert forked.pop(how) == REACHED
        judge(caller, "P-F07", forked, None)


@pytest.mark.case("P-F07")
@pytest.mark.parametrize("how", REPLACEMENTS)
def test_p_f07_become_another_program(caller, how):
    """The worker itself cannot become another program."""
    place, folder = places_for_programs(caller)
    program = caller.environment.interpreter
    inside = caller.sandbox("exec_in_place", how, place, program, LOADER)
    assert set(inside.values()) <= {"EPERM", "EACCES"}
    # The control is replaced, and so never answers.
    args = how, folder, PROGRAM, LOADER
    outside = caller.control_outcome("exec_in_place", *args)
    assert outside["exitcode"] in (0, EXECUTED), outside


@pytest.mark.case("P-F08")
def test_p_f08_read_of_the_kernel(caller):
    """/proc, /sys and /dev show the guest itself and nothing else."""
    victim = caller.caller("start_victim")
    try:
        pids = [1, victim, caller.pid, os.getpid()]
        inside = caller.sandbox("kernel_files", pids)
        outside = caller.control("kernel_files", [victim])
    finally:
        caller.caller("end_victim", victim)
    here = {
        what: outcome
        for what, outcome in outside.items()
        if outcome not in ("ENOENT", "ENODEV", "ENXIO")
        and not (what.endswith("/dev/vda") and outcome == "EPERM")
    }
    assert len(here) > 40
    judge(caller, "P-F08", inside, here)


@pytest.mark.case("P-F08")
def test_p_f08_see_the_mounts_of_the_host(caller):
    """The mount table names nothing that the guest is not shown."""
    shown = caller.sandbox("mounts")
    host = {
        line.split()[4]
        for line in Path("/proc/self/mountinfo").read_text().splitlines()
    }
    assert {"/sys", "/dev/pts"} & host
    if not caller.has_namespaces:
        assert shown == "!EACCES"
        return
    points = {line.split()[4] for line in shown.splitlines()}
    for place in (
        "/sys",
        "/dev/pts",
        "/run",
        "/home",
        "/root",
        "/etc",
        "/var",
    ):
        assert place not in points
    assert {"/", "/proc", "/tmp", "/dev/shm"} <= points
    options = {line.split()[4]: line.split()[5] for line in shown.splitlines()}
    for point, having in options.items():
        words = having.split(",")
        assert "nosuid" in words, point
        if point in ("/tmp", "/dev/shm"):
            assert {"nodev", "noexec"} <= set(words)
        elif point != "/proc":
            assert "ro" in words, point


@pytest.mark.case("P-F09")
def test_p_f09_make_devices_and_mounts(caller):
    """No device, no mount, no other root; a fifo or a socket only where the
    guest may write."""
    folder = caller.make_folder()
    elsewhere = caller.make_folder()
    place = "/tmp" if caller.has_namespaces else str(folder)
    inside = caller.sandbox("special_files", place, str(elsewhere))
    outside = caller.control("special_files", str(folder), str(elsewhere))
    judge(caller, "P-F09", inside, outside)
