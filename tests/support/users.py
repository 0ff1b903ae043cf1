"""Ordinary users and directories for a test session, and their removal.

Names carry the number of the session's process: several sessions can run side
by side, and what a killed one left is found and removed by the next.  A
session among processes of its own (see `apart`) is given the number that it
has outside, and sees nobody else's: it removes nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from environments import host_scan, sleep_until

# Every home is below here, or where the homes of this machine cannot be.
HOMES = Path("/home") if Path("/home").is_dir() else Path("/var/tmp")
SYSTEM = Path("/usr/lib")
# What guests are to attack; nothing of it is ever shown to them.
TARGETS = Path("/var/tmp")
GLOB = "boxed-test-*"
# Not for the sessions that a test starts.
APART = os.environ.pop("BOXED_TESTS", None)
SESSION = APART or str(os.getpid())


@dataclass(frozen=True)
class User:
    """An ordinary user made for this session."""

    name: str
    uid: int
    gid: int
    home: Path


def command(*argv: str | os.PathLike[str]) -> str:
    """Run a command; its failure is the test session's, with its words."""
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=50
    )
    if done.returncode != 0:
        words = " ".join(map(str, argv))
        raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def edit_accounts(*argv: str | os.PathLike[str]) -> None:
    """Run useradd or userdel, again while another program holds the lock.

    Among sessions there is a lock of their own: that of these programs is
    named by a process, which they take for dead where they cannot see it.
    """

    def done() -> bool:
        try:
            command(*argv)
        except RuntimeError as error:
            if "cannot lock" not in str(error):
                raise
            return False
        return True

    folder = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        sleep_until(done, seconds=20, what="the lock of /etc/passwd")
    finally:
        os.close(folder)


def make_folder(where: Path) -> Path:
    """A directory of this session that everyone can enter."""
    prefix = f"boxed-test-{SESSION}-"
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
    path.chmod(0o755)
    return path


def make_user(letter: str, folder: Path) -> User:
    """A login user of the kind adduser makes, with a 0700 home in FOLDER."""
    name = f"bxt{SESSION}{letter}"
    home = folder / name
    edit_accounts(
        "useradd",
        *("--no-create-home", "--home-dir", home, "--user-group"),
        *("--shell", "/bin/sh", "--no-log-init", name),
    )
    entry = pwd.getpwnam(name)
    home.mkdir(mode=0o700)
    os.chown(home, entry.pw_uid, entry.pw_gid)
    return User(name, entry.pw_uid, entry.pw_gid, home)


def is_alive(pid: int) -> bool:
    return Path("/proc", str(pid)).exists()


def remove_user(name: str) -> None:
    """Remove a user of a test session, ending what still runs as it."""
    uid = pwd.getpwnam(name).pw_uid
    for process in host_scan(uid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    edit_accounts("userdel", "--force", name)


def remove_leftovers() -> None:
    """Remove what sessions left that were killed; one session at a time."""
    if APART:
        return
    folder = os.open(HOMES, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        for entry in pwd.getpwall():
            match = re.fullmatch(r"bxt(\d+)[a-z]", entry.pw_name)
            if match and not is_alive(int(match[1])):
                remove_user(entry.pw_name)
        folders = (HOMES, SYSTEM, TARGETS)
        for path in (one for where in folders for one in where.glob(GLOB)):
            match = re.match(r"boxed-test-(\d+)-", path.name)
            if match and not is_alive(int(match[1])):
                shutil.rmtree(path)
    finally:
        os.close(folder)
