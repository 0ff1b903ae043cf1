"""What a Landlock domain lets be done with files, by what it grants."""

import errno
from pathlib import Path

import pytest
from confine_build import SCRATCH, confined
from landlock_actions import (
    ABI,
    DEVICES,
    READING,
    ROOT,
    attempt,
    interpreter_grants,
    python,
)
from seccomp_cases import NR


@pytest.fixture
def tree(tmp_path):
    """A directory with something for each action."""
    for name in ("file", "old"):
        (tmp_path / name).write_text("text")
    for name in ("olddir", "a", "b"):
        (tmp_path / name).mkdir()
    for name in ("one", "two"):
        (tmp_path / "a" / name).write_text("text")
    true = tmp_path / "true"
    true.write_bytes(Path("/bin/true").read_bytes())
    true.chmod(0o755)
    return tmp_path


@ROOT
def test_all_actions_work_outside_a_domain(tree):
    assert set(attempt([], tree).values()) == {0}


def test_nothing_is_allowed_without_a_grant(tree):
    """All but stat, which no version of Landlock restricts."""
    found = attempt([*interpreter_grants(), "landlock"], tree)
    assert found.pop("stat") == 0
    assert set(found.values()) <= {errno.EACCES, errno.EXDEV}


def test_read_grants_reading_and_executing_only(tree):
    found = attempt([*interpreter_grants(), f"r:{tree}", "landlock"], tree)
    allowed = {name for name, error in found.items() if error == 0}
    assert allowed == READING | {"stat"}


def test_write_grants_all_but_devices_and_executing(tree):
    found = attempt([*interpreter_grants(), f"w:{tree}", "landlock"], tree)
    refused = {name: error for name, error in found.items() if error}
    wanted = dict.fromkeys(DEVICES | {"execute"}, errno.EACCES)
    if ABI < 2:
        wanted |= {"rename": errno.EXDEV, "link": errno.EXDEV}
    assert refused == wanted


def test_read_and_write_add_up(tree):
    steps = [*interpreter_grants(), f"w:{tree}", f"r:{tree}", "landlock"]
    found = attempt(steps, tree)
    assert {name for name, error in found.items() if error} == DEVICES


def test_grant_of_a_file_is_of_that_file(tree):
    """A plain file takes a grant, and its neighbours stay closed."""
    steps = [*interpreter_grants(), f"w:{tree / 'file'}", "landlock"]
    found = attempt(steps, tree)
    allowed = {name for name, error in found.items() if error == 0}
    assert allowed == {"read", "write", "truncate", "stat"}


def test_grants_do_not_move_out_of_their_tree(tree):
    """Not by "..", not by a symbolic link, not by /proc/self/root."""
    outside = tree / "a" / "one"
    inside = tree / "b"
    (inside / "link").symlink_to(outside)
    ways = [
        str(inside / "link"),
        str(inside / ".." / "a" / "one"),
        f"/proc/self/root{outside}",
        f"//{outside}",
    ]
    free = python([], "opens", *ways)
    assert free.stdout.split() == ["open"] * 4
    held = python(
        [*interpreter_grants(), f"w:{inside}", "r:/proc", "landlock"],
        "opens",
        *ways,
    )
    assert held.stdout.split() == ["closed"] * 4


def test_device_grants_that_device():
    """/dev/null can be read, written and opened to truncate; no other."""
    held = python(
        [*interpreter_grants(), "d:/dev/null", "landlock"], "devices"
    )
    assert held.stdout.split() == ["closed", "closed"], held.stderr
    free = python([], "devices")
    assert free.stdout.split() == ["open", "open"], free.stderr


@pytest.mark.skipif(ABI < 5, reason="kernel older than IOCTL_DEV")
def test_devices_take_no_ioctl():
    """Not even one that the grant's holder has opened."""
    assert python([], "ioctls").stdout == "done\n"
    steps = [*interpreter_grants(), "d:/dev/pts/ptmx", "d:/dev/ptmx"]
    assert python([*steps, "landlock"], "ioctls").stdout == "refused\n"


@pytest.mark.parametrize(
    ("grant", "error"),
    [("d:/etc/passwd", errno.EINVAL), ("d:/dev", errno.EINVAL)],
)
def test_device_grant_of_no_device_is_refused(grant, error):
    result = confined(grant, "landlock", "--", "syscall", NR["getpid"])
    assert (result.returncode, result.stdout) == (111, "")
    assert result.stderr.startswith(f"landlock: {error} ")


def test_grants_without_the_filesystem_are_refused(tmp_path):
    """They would be ignored: that is a mistake and not a policy."""
    result = confined(
        f"r:{tmp_path}", "landlock,nofs", "--", "syscall", NR["getpid"]
    )
    assert result.returncode == 111
    assert result.stderr.startswith(f"landlock,nofs: {errno.EINVAL} ")


def test_domains_nest(tree):
    """A worker's domain narrows the zygote's, and never widens it."""
    outer = [*interpreter_grants(), f"r:{tree}", "landlock"]
    inner = [*interpreter_grants(), f"w:{tree}", "landlock"]
    # The grants of the second domain are opened inside the first.
    found = attempt(outer + inner, tree)
    allowed = {name for name, error in found.items() if error == 0}
    assert allowed == {"read", "list", "stat"}


def test_scratch_is_outside_every_grant():
    """The controls would be worth nothing if /tmp were granted."""
    assert all(
        not SCRATCH.name.startswith(g[2:]) for g in interpreter_grants()
    )
