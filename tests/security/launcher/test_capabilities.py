"""Capabilities that are not granted, or too many (P-L10)."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

import pytest
from calling import path_with
from checks import BUNDLED, STATUS, assert_refused
from core import check_file
from launching import start
from orders import FULL, LANDLOCK, NOBODY, ROOTLESS, UID, order_for
from variants import grant

PROGRAMS = Path(__file__).parent / "programs"

LOST = {
    "no_new_privs": ("--no-new-privs",),
    "nosuid": ("--nosuid-mount", "/usr/bin"),
    "empty bounding set": ("--bounding", "0"),
    "half of it": ("--bounding", "40"),
}


@pytest.mark.case("P-L10")
@pytest.mark.parametrize("how", LOST)
def test_p_l10_without_its_capabilities_it_says_so(user, how):
    """Where the kernel grants them not, nothing runs: least of all as the
    caller itself."""
    for tier in (FULL, UID):
        ended = start(user, order_for(tier, STATUS), enter=LOST[how])
        if ended.status == 127:
            # A file with capabilities that the bounding set lacks.
            assert not ended.ran
            continue
        assert_refused(ended, "capabilities", 1)


@pytest.mark.case("P-L10")
def test_p_l10_under_the_callers_own_strace(user, tmp_path):
    """A tracer that is not root takes the capabilities away."""
    words = ["/usr/bin/strace", "-f", "-o", "/dev/null"]
    through = [*user.enter, "--", *words]
    for tier in (FULL, UID):
        ended = start(user, order_for(tier, STATUS), through=through)
        assert_refused(ended, "capabilities", 1)


@pytest.mark.case("P-L10")
def test_p_l10_other_capabilities_are_refused(user, machine):
    """A launcher that was given more than the two does not start."""
    more = machine.system / "more_boxed"
    shutil.copy(BUNDLED, more)
    grant(more)
    data = struct.pack("<5I", 0x02000000, 0xC0 | 1 << 21, 0, 0, 0)
    os.setxattr(more, "security.capability", data)
    for tier in (FULL, UID, ROOTLESS, LANDLOCK):
        uid = NOBODY if tier in (FULL, UID) else user.uid
        ended = start(user, order_for(tier, STATUS, uid=uid), launcher=more)
        assert_refused(ended, "capabilities", 131)


@pytest.mark.case("P-L10")
@pytest.mark.parametrize("how", ["no_new_privs", "nosuid"])
def test_p_l10_the_package_names_what_it_falls_to(user, guests, how):
    """A call that insists on the tier fails with the reason; one that leaves
    the choice runs in the tier that needs no capability, which it can ask."""
    env = path_with(user, guests)
    program = PROGRAMS / "named_falls.py"
    stdout = check_file(user, program, enter=LOST[how], env=env)
    assert json.loads(stdout) == [
        [["capabilities", "leave isolation at 'auto'"]] * 2,
        NOBODY,
        "rootless",
    ]
