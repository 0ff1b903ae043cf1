"""What is written to the configuration, and what is refused there."""

from __future__ import annotations

import os
import shutil
import stat

import pytest
from environments import CONFIGURATION
from systems import refuses

from boxed._install import configuration
from boxed._install.configuration import Config


def test_configuration(system):
    """Settings are kept, added to, and owned by root."""
    system.setup("--uid-range", "70000:1000")
    said = system.setup("--allow-user", "daemon", "sys")
    assert f"wrote {CONFIGURATION}: uid-range 70000 1000, allow-user" in said
    status = system.configuration.stat()
    assert (status.st_uid, status.st_gid) == (0, 0)
    assert stat.S_IMODE(status.st_mode) == 0o644
    text = system.configuration.read_text()
    assert "\n# 1 is daemon\n" in text
    assert configuration.parse(text) == Config(
        uid_range=(70000, 1000), allow_users=frozenset({1, 3})
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0:10", "system accounts"),
        ("999:1", "system accounts"),
        ("60000:2", "login accounts"),
        ("1:65535", "COUNT is from 1"),
        ("65534:1", "nobody"),
        ("65530:10", "nobody"),
        ("62000:10", "dynamic users"),
        ("2147483647:2", "negative"),
        ("4294967294:1", "negative"),
        ("4294967295:1", "larger than any uid"),
        ("70000:0", "COUNT is from 1"),
        ("70000", "expected FIRST:COUNT"),
        ("70000:", "expected FIRST:COUNT"),
        ("-1:5", "expected FIRST:COUNT"),
        ("70000:1:1", "expected FIRST:COUNT"),
        ("七:1", "expected FIRST:COUNT"),
    ],
)
def test_refused_ranges(clean_system, value, why):
    """A uid that anything else may have is never a sandbox's."""
    code = 2 if "COUNT" in why or "than any uid" in why else 1
    assert why in refuses(clean_system, f"--uid-range={value}", code=code)


def test_range_of_an_account(system):
    """Accounts and groups of the machine, and what they may delegate, are
    kept clear of."""
    etc = system.configuration.parent
    with (etc / "passwd").open("a") as file:
        file.write("judge:x:70010:70010::/:/bin/false\n")
    with (etc / "group").open("a") as file:
        file.write("judges:x:71010:\n")
    (etc / "subuid").write_text("ann:72000:100\n")
    (etc / "subgid").write_text("odd line\nben:73000:100\n")
    for value, why in (
        ("70000:100", "70010: user judge"),
        ("71000:100", "71010: group judges"),
        ("72099:10", "72000-72099: ann in /etc/subuid"),
        ("72990:11", "73000-73099: ben in /etc/subgid"),
    ):
        assert why in system.setup("--uid-range", value, code=1)
    system.setup("--uid-range", "72100:800")


def test_refused_users(clean_system, users):
    """Guests are never root, never somebody who logs in, never unknown."""
    for name, why in (
        ("root", "is root"),
        ("0", "is root"),
        (users[0].name, "login account"),
        (str(users[0].uid), "login account"),
        ("nosuchuser", "no user"),
        ("64999", "no user"),
    ):
        assert why in refuses(clean_system, "--allow-user", name)


def test_untrusted_configuration(system, users):
    """A configuration that others can write is refused, and --remove, which
    ends it, does not follow what it says."""
    other = system.folder / "pb"
    shutil.copy(system.source, other)
    system.setup()
    system.configuration.write_text(f"launcher {other}\n")
    os.chown(system.configuration, users[0].uid, 0)
    assert "not owned by root" in system.setup(code=1)
    system.setup("--remove")
    assert other.exists()
    assert not system.configuration.exists()
    assert not system.launcher.exists()
