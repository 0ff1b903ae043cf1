"""Guests of the order's own choice: how they end, whom they reach (P-L03)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from checks import python
from launching import Start, start
from orders import FULL, NOBODY, UID, order_for
from reaching import a_victim, order_to_reach, reached

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-L03")
def test_p_l03_hang_up_ends_every_descendant(user):
    """A guest that the order named, which leaves its session, its parent and
    its descriptors, ends with the control socket nevertheless."""
    code = (PROGRAMS / "descendants.py").read_text()
    for tier in (FULL, UID):
        with Start(user, order_for(tier, python(code))) as one:
            for _ in range(3):
                assert one.server.recv(10) == b"alive"
            one.hang_up()
            assert one.finish(10).status == 0


@pytest.mark.case("P-L03")
def test_p_l03_others_of_the_same_uid_are_out_of_reach(user):
    """In the tier without a pid namespace a guest that the order named
    reaches no other process of its uid, and none of that uid's files."""
    with a_victim() as victim:
        printed = reached(start(user, order_to_reach(victim)))
    assert set(printed.values()) <= {"EPERM", "EACCES"}, printed


@pytest.mark.case("P-L03")
def test_p_l03_files_of_nobody_keep_their_modes(user, machine):
    """Nor does it change mode or times of a file that its uid owns, though
    the order grants it a directory to write; outside, that uid can."""
    place = machine.system / "nobodys"
    place.write_text("secret")
    os.chown(place, NOBODY, NOBODY)
    place.chmod(0o600)
    before = place.stat()
    folder = user.home.parent / "written"
    folder.mkdir()
    os.chown(folder, user.uid, user.gid)
    folder.chmod(0o777)
    code = f"""
import os
for call in (lambda: os.chmod({str(place)!r}, 0o666),
             lambda: os.utime({str(place)!r}, (1, 1))):
    try:
        call()
    except PermissionError:
        print("refused")
"""
    order = order_for(UID, python(code), [(b"w" + bytes(folder),)])
    assert start(user, order).printed == "refused\n" * 2
    after = place.stat()
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    as_nobody = ["/usr/bin/setpriv", f"--reuid={NOBODY}", "--clear-groups"]
    subprocess.run([*as_nobody, *python(code)], check=True)
    assert place.stat().st_mtime == 1
