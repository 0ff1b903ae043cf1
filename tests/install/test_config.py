"""/etc/boxed.conf is understood completely or refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from boxed._install import configuration
from boxed._install.configuration import Config, ConfigError

pytestmark = pytest.mark.fast

EXAMPLE = """\
# Written by hand.

launcher /opt/boxed/python_boxed
uid-range 70000 1000
allow-user 998
# 998 is judge
allow-user 997
"""


def test_parse():
    """Every key, comments and empty lines."""
    assert configuration.parse(EXAMPLE) == Config(
        launcher="/opt/boxed/python_boxed",
        uid_range=(70000, 1000),
        allow_users=frozenset({997, 998}),
    )
    assert configuration.parse("") == Config()
    assert configuration.parse("uid-range none") == Config(declined=True)


@pytest.mark.parametrize(
    "line",
    [
        "unknown 1",
        "launcher",
        "launcher relative/path",
        "launcher /a /b",
        "launcher /a\t",
        " launcher /a",
        "launcher  /a",
        "launcher /a\r",
        "launcher /a\nlauncher /b",
        "launcher=/a",
        "uid-range 70000",
        "uid-range none 5",
        "uid-range None",
        "uid-range none\nuid-range 70000 5",
        "uid-range 70000 1000 ",
        "uid-range 0 10",
        "uid-range 70000 0",
        "uid-range 4294967290 10",
        "uid-range 1 2\nuid-range 1 2",
        "allow-user judge",
        "allow-user 0",
        "allow-user 00",
        "allow-user -1",
        "allow-user 4294967295",
        "allow-user 99999999999",
        "allow-user \u0661",
        "allow-user 1 # comment",
        "allow-user",
    ],
)
def test_refused_lines(line):
    """A line that is not exactly of the form is refused with its number."""
    with pytest.raises(ConfigError, match=r"line [23]:"):
        configuration.parse(f"# first\n{line}\n")


def test_no_file(tmp_path):
    """Without a file the defaults hold."""
    assert configuration.read(str(tmp_path / "none")) == Config()


def test_file_of_root(tmp_path):
    """A file that only root can write is read, and no other."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a file of root's")
    path = tmp_path / "boxed.conf"
    path.write_text(EXAMPLE)
    path.chmod(0o644)
    assert configuration.read(str(path)).uid_range == (70000, 1000)
    for mode in (0o664, 0o646):
        path.chmod(mode)
        with pytest.raises(ConfigError, match="writable by others"):
            configuration.read(str(path))
    path.chmod(0o644)
    os.chown(path, 1000, 0)
    with pytest.raises(ConfigError, match="not owned by root"):
        configuration.read(str(path))


def test_strange_files(tmp_path):
    """Links, directories and pipes are refused, and without waiting."""
    start = time.monotonic()
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(ConfigError, match=name):
            configuration.read(str(tmp_path / name))
    assert time.monotonic() - start < 5


@pytest.mark.slow
def test_file_of_ordinary_user(make_environment):
    """What an ordinary user wrote has no say."""
    program = Path(__file__).parent / "programs/file_of_ordinary_user.py"
    done = make_environment("rootless").script(program, check=True)
    assert done.stdout.endswith("boxed.conf: not owned by root\n")


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"# " + b"x" * 20000, "longer than"), (b"# \xff\n", "decode")],
)
def test_strange_content(tmp_path, data, why):
    """Too much, or no text, is refused."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a file of root's")
    path = tmp_path / "boxed.conf"
    path.write_bytes(data)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=why):
        configuration.read(str(path))
