"""Uids for sandboxes are reserved without being asked for, where nobody has
or gets them, and stay what they are."""

from __future__ import annotations

import pytest
from environments import apart
from systems import System, refuses

from boxed._install import configuration, uid_ranges
from boxed._install.configuration import Config


def configured(system: System) -> Config:
    return configuration.parse(system.configuration.read_text())


def test_a_second_run_keeps_it(system):
    """Also after accounts came to be, with which it would be another one."""
    system.setup()
    reserved = configured(system).uid_range
    assert reserved == (60578, 606)
    assert "nothing to change" in system.setup()
    system.setup("--uid-range", "71000:300")
    assert "nothing to change" in system.setup()
    assert configured(system).uid_range == (71000, 300)


def test_it_can_be_declined(system):
    """For good, until one is asked for."""
    system.setup("--uid-range", "none")
    assert configured(system) == Config(declined=True)
    assert "nothing to change" in system.setup()
    system.setup("--allow-user", "daemon")
    assert configured(system).declined
    system.setup("--uid-range", "70000:100")
    assert configured(system).uid_range == (70000, 100)
    assert not configured(system).declined
    system.setup("--uid-range", "none")
    assert configured(system).uid_range is None


def test_a_setup_without_one_gets_one(system):
    """As from a version that reserved none on its own."""
    system.setup("--uid-range", "none")
    system.configuration.write_text("allow-user 1\n")
    system.setup()
    assert configured(system).uid_range == (60578, 606)


def test_remove_leaves_nothing(system):
    before = set(system.state())
    system.setup()
    assert set(system.state()) != before
    system.setup("--remove")
    assert set(system.state()) == before


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("passwd", "judge:x:60600:5::/:/bin/false\n"),
        ("group", "judges:x:61183:\n"),
        ("subuid", "ann:60000:600\n"),
        ("subgid", "ben:61000:1000\n"),
    ],
)
def test_it_is_clear_of_what_others_have(system, file, line):
    """Accounts, groups, and what accounts may hand out."""
    with (system.configuration.parent / file).open("a") as text:
        text.write(line)
    system.setup()
    first, count = configured(system).uid_range
    assert (first, count) in uid_ranges.DEFAULTS[1:]
    first_taken = int(line.split(":")[2 if file in ("passwd", "group") else 1])
    assert not first <= first_taken < first + count
    assert "nothing to change" in system.setup()


def test_an_account_that_came_later_is_told(system):
    """It would share its uid with a sandbox."""
    system.setup()
    with (system.configuration.parent / "passwd").open("a") as file:
        file.write("judge:x:60600:5::/:/bin/false\n")
    assert "holds 60600: user judge" in refuses(system)
    system.setup("--uid-range", "70000:100")


def test_in_a_container_with_few_uids(system):
    """What it does not have, it does not reserve."""
    (system.configuration.parent / "subuid").write_text("ann:60578:1\n")
    few, more = apart("--nobody=65534"), apart("--more=5000")
    assert "no uids are free" in system.setup(through=few, code=1)
    system.setup(through=more)
    assert configured(system).uid_range == (65536, 4096)


def test_where_none_is_free_it_must_be_declined(system):
    """Nothing is done halfway: an administrator chooses."""
    (system.configuration.parent / "subuid").write_text("ann:60578:40000\n")
    said = refuses(system)
    assert "no uids are free" in said
    assert "60578-100577: ann" in said
    assert "--uid-range none" in said
    system.setup("--uid-range", "none")


def test_no_default_is_one_that_would_be_refused():
    """A hundred sandboxes fit in each, and none touches what is taken."""
    for first, count in uid_ranges.DEFAULTS:
        assert count >= 100
        for low, high, whose in uid_ranges.TAKEN:
            last = first + count - 1
            assert last < low or high < first, whose
        assert first + count <= 100000


def test_directories_are_asked_for_every_number(system):
    """One that lists nobody may know somebody; here, none is configured."""
    (system.configuration.parent / "nsswitch.conf").write_text("# none\n")
    code = """
import sys
from boxed._install import uid_ranges
asked = []
def getpwuid(number):
    asked.append(number)
    raise KeyError
uid_ranges.pwd.getpwuid = getpwuid
uid_ranges.accounts(70000, 70009)
print(len(asked))
"""
    for line, count in (
        ("", 10),
        ("passwd: files sss\n", 10),
        ("passwd:\tfiles systemd  # sss\n", 0),
    ):
        place = system.configuration.parent / "nsswitch.conf"
        place.write_text(line)
        assert system.python(code) == f"{count}\n"
