"""Where no launcher is installed, and what is not replaced by one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from systems import refuses


def test_place_that_others_can_change(system, users):
    """A launcher that somebody else could replace is not installed."""
    place = system.folder / "deep" / "er"
    place.mkdir(parents=True, mode=0o755)
    for spoil, mend in (
        (lambda: place.chmod(0o1777), lambda: place.chmod(0o755)),
        (
            lambda: place.parent.chmod(0o775),
            lambda: place.parent.chmod(0o755),
        ),
        (
            lambda: os.chown(place.parent, users[0].uid, 0),
            lambda: os.chown(place.parent, 0, 0),
        ),
    ):
        spoil()
        said = system.setup("--dest", str(place / "pb"), code=1)
        assert "could replace" in said
        assert list(place.iterdir()) == []
        mend()
    system.setup("--dest", str(place / "pb"))


@pytest.mark.parametrize(
    ("enter", "why"),
    [
        (("--nosuid-mount", "/usr/bin"), "mounted nosuid"),
        (("--refuse", "fsetxattr=ENOTSUP"), "cannot hold capabilities"),
        (("--refuse", "fsetxattr"), "cap_setfcap is missing"),
        (("--no-new-privs",), "no_new_privs is set here"),
        (("--bounding", "80000000"), "bounding set does not have them"),
        (("--rlimit", "FSIZE=1000"), "File too large"),
    ],
)
def test_where_capabilities_would_not_work(system, enter, why):
    """Where the launcher would get nothing, it is not installed; the reason
    is told and what was there stays."""
    system.setup()
    with system.source.open("ab") as file:
        file.write(b"newer")
    before = system.state()
    assert why in system.setup(enter=enter, code=1)
    changed = {
        path
        for path, status in system.state().items()
        if before.get(path) != status
    }
    assert changed == set()
    assert set(before) == set(system.state())


def test_another_place_is_a_way_out(system):
    """As a refusal advises."""
    nosuid = ("--nosuid-mount", "/usr/bin")
    assert "another place with --dest" in system.setup(enter=nosuid, code=1)
    system.setup("--dest", str(system.folder / "pb"), enter=nosuid)
    assert (system.folder / "pb").exists()


def test_an_account_for_guests_is_a_way_out(system, users):
    """As the refusal of a login account advises, word by word."""
    said = system.setup("--allow-user", users[0].name, code=1)
    command = said.rpartition("make one for guests: ")[2].strip()
    assert command.endswith(" NAME"), said
    words = command.replace("NAME", "guests").split()
    script = "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)"
    system.python(script, f"/usr/sbin/{words[0]}", *words[1:])
    assert "allow-user" in system.setup("--allow-user", "guests")


def test_foreign_files_stay(system):
    """A file that is no launcher is neither replaced nor removed."""
    for what in (
        lambda: system.launcher.write_bytes(b"#!/bin/sh\n"),
        lambda: system.launcher.symlink_to("env"),
        lambda: system.launcher.mkdir(),
        lambda: os.mkfifo(system.launcher),
    ):
        what()
        before = system.state()
        assert "not a launcher of boxed" in system.setup(code=1)
        assert "not a launcher of boxed" in system.setup("--remove", code=1)
        assert system.state() == before
        if system.launcher.is_dir() and not system.launcher.is_symlink():
            system.launcher.rmdir()
        else:
            system.launcher.unlink()


def test_launcher_of_another_owner_is_foreign(system, users):
    """The sentence alone does not make a launcher: root must own it."""
    shutil.copy(system.source, system.launcher)
    os.chown(system.launcher, users[0].uid, 0)
    assert "not a launcher of boxed" in system.setup(code=1)


def test_source_that_is_no_launcher(system):
    """Only a launcher is ever given capabilities."""
    system.source.write_bytes(Path(sys.executable).read_bytes())
    assert "is not a launcher" in system.setup(code=1)
    system.source.unlink()
    assert "was not built" in system.setup(code=1)
    assert not system.launcher.exists()


@pytest.mark.parametrize("dest", ["/", "/usr/bin/..", "/opt/no/such/pb", ""])
def test_refused_destinations(clean_system, dest):
    """A destination is the name of a file in a directory that exists."""
    refuses(clean_system, "--dest", dest)


def test_unknown_group(clean_system):
    """A group must exist."""
    assert "no group" in refuses(clean_system, "--group", "nosuchgroup")
