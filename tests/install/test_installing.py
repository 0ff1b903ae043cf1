"""Installing the launcher, in its own place or another, and removing it."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest
from environments import CONFIGURATION, LAUNCHER
from systems import SETUP, assert_installed

from boxed._install import configuration
from boxed._install.configuration import Config

# What is reserved where nothing else is said.
RESERVED = (60578, 606)


def test_installs(system):
    """A plain run installs the launcher, reserves uids, and tries it."""
    said = system.setup().splitlines()
    assert said[0] == (
        "installed /usr/bin/python_boxed: root:root 0755,"
        " cap_setuid,cap_setgid=p"
    )
    assert said[1] == "wrote /etc/boxed.conf: uid-range 60578 606"
    assert said[2].startswith("checked: an ordinary process")
    assert_installed(system.launcher, system.source)


def test_real_launcher_is_granted(installed_launcher, users, machine):
    """The launcher of this build, installed, really gets its capabilities
    and refuses to do anything without orders."""
    assert "checked:" in installed_launcher.output
    argv = [machine.enter, *installed_launcher.enter]
    argv += [*machine.ids(users[0]), "--", installed_launcher.launcher]
    done = subprocess.run(argv, cwd="/", capture_output=True, check=False)
    assert done.returncode == 100


def test_second_run_changes_nothing(system):
    """The same options again change no file and say so."""
    options = ("--uid-range", "70000:1000", "--allow-user", "daemon")
    system.setup(*options)
    before = system.state()
    said = system.setup(*options)
    assert "nothing to change" in said
    assert "installed" not in said
    assert "nothing to change" in system.setup()
    assert system.state() == before


def test_new_build_replaces_old(system):
    """Another build is installed over the old one, in one step and with
    nothing left beside it."""
    system.setup()
    before = system.state()
    with system.source.open("ab") as file:
        file.write(b"newer")
    assert "installed" in system.setup()
    assert_installed(system.launcher, system.source)
    assert set(system.state()) == set(before)


@pytest.mark.parametrize("spoil", ["capabilities", "mode", "owner"])
def test_spoilt_launcher_is_mended(system, users, spoil):
    """A launcher that lost something is installed again."""
    system.setup()
    if spoil == "capabilities":
        os.removexattr(system.launcher, "security.capability")
    elif spoil == "mode":
        system.launcher.chmod(0o700)
    else:
        os.chown(system.launcher, 0, users[0].gid)
    assert "installed" in system.setup()
    assert_installed(system.launcher, system.source)


def test_group(system, users):
    """With a group only its members can run the launcher, on later runs
    too."""
    user, stranger = users
    said = system.setup("--group", user.name)
    assert f"root:{user.name} 0750" in said
    assert_installed(system.launcher, system.source, user.gid, 0o750)
    assert "nothing to change" in system.setup()
    enter = [system.machine.enter, *system.binds]
    for who, runs in ((user, True), (stranger, False)):
        argv = [*enter, *system.machine.ids(who), "--", LAUNCHER]
        done = subprocess.run(argv, capture_output=True, check=False)
        assert (done.stdout.startswith(b"permitted=c0 ")) == runs


def test_ordinary_user_is_told_the_command(system, users):
    """Without root nothing happens, and the command to type is complete."""
    before = system.state()
    system.programs.parent.chmod(0o755)
    options = ["--group", "adm", "--uid-range", "70000:9", "--dest", "/opt/x"]
    enter = system.machine.ids(users[0])
    # The interpreter must be one that user can run, with boxed in it.
    python = system.machine.python(users[0])
    argv = [system.machine.enter, *system.binds, *enter, "--", python]
    done = subprocess.run(
        [*argv, "-c", SETUP, "/nothing", *options],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    words = shlex.split(done.stderr.splitlines()[-1])
    assert words[:5] == ["sudo", python, "-m", "boxed", "setup"]
    assert sorted(words[5:]) == sorted(options)
    assert system.state() == before


def test_dry_run(system):
    """A dry run tells everything and changes nothing."""
    before = system.state()
    options = ("--dest", f"{system.folder}/pb", "--uid-range", "70000:1000")
    said = system.setup(*options, "--dry-run").splitlines()
    assert len(said) == 2
    assert all(line.startswith("would ") for line in said)
    assert system.state() == before
    system.setup(*options)
    before = system.state()
    said = system.setup("--remove", "--dry-run").splitlines()
    assert said == [
        f"would remove {system.folder}/pb",
        f"would remove {CONFIGURATION}",
    ]
    assert system.state() == before


def test_destination(system):
    """Another place is written to the configuration, and the launcher at the
    old one goes."""
    system.setup()
    place = system.folder / "launcher"
    said = system.setup("--dest", str(place))
    assert f"removed {LAUNCHER}" in said
    assert_installed(place, system.source)
    assert not system.launcher.exists()
    text = system.configuration.read_text()
    assert configuration.parse(text) == Config(str(place), RESERVED)
    assert "nothing to change" in system.setup()
    said = system.setup("--dest", str(LAUNCHER))
    assert_installed(system.launcher, system.source)
    assert not place.exists()
    text = system.configuration.read_text()
    assert configuration.parse(text) == Config(uid_range=RESERVED)


def test_destination_through_link(system):
    """Links on the way are resolved: what is checked is what is used."""
    (system.folder / "real").mkdir(mode=0o755)
    (system.folder / "link").symlink_to("real")
    system.setup("--dest", f"{system.folder}/link/pb")
    assert configuration.parse(
        system.configuration.read_text()
    ).launcher == str(system.folder / "real" / "pb")


def test_remove(system):
    """Both files go, nothing else does, and a second time is no error."""
    before = system.state()
    place = str(system.folder / "pb")
    system.setup("--dest", place, "--uid-range", "70000:1000")
    said = system.setup("--remove")
    assert said == f"removed {place}\nremoved {CONFIGURATION}\n"
    assert set(system.state()) == set(before)
    assert system.setup("--remove") == "nothing to remove\n"


def test_remove_where_told(system):
    """--dest names the launcher to remove where no configuration does."""
    place = str(system.folder / "pb")
    system.setup("--dest", place)
    system.configuration.unlink()
    assert system.setup("--remove", "--dest", place) == f"removed {place}\n"
