"""What the guest is: its ids, groups, capabilities (P-L03, P-L04)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from calling import path_with
from checks import (
    NO_VERIFY,
    REMOVALS,
    STATUS,
    TAKES_UID,
    assert_refused,
    assert_runs,
)
from core import check_file
from launching import start
from orders import FULL, NOBODY, UID, order_for
from proc import faults, status_of

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-L03")
@TAKES_UID
def test_p_l03_guest_is_nobody_and_has_nothing(user, tier):
    """All ids are the target's; no group, no capability, no new one to gain,
    and a filter."""
    ended = start(user, order_for(tier, STATUS))
    assert_runs(ended)
    status = status_of(ended.printed)
    if tier == FULL:
        assert int(status["CapBnd"], 16) == 0
    assert int(status["SigBlk"], 16) == 0
    assert int(status["SigIgn"], 16) == 0


@pytest.fixture(scope="session")
def setuid_program(machine) -> Path:
    """A set-id program of root's: prints its effective uid and gid."""
    path = machine.system / "setuid-id"
    shutil.copy("/usr/bin/id", path)
    path.chmod(0o6755)
    return path


@pytest.mark.case("P-L03")
@TAKES_UID
def test_p_l03_setuid_program_gains_nothing(user, tier, setuid_program):
    """A set-id program runs with the ids of the guest; outside it is root."""
    outside = user.run([setuid_program], check=True).stdout
    assert "euid=0(root)" in outside
    assert "egid=0(root)" in outside
    ended = start(user, order_for(tier, [bytes(setuid_program)]))
    assert ended.printed.startswith("uid=65534"), ended
    assert "=0(" not in ended.printed


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("step", REMOVALS)
def test_p_l03_verify_notices_each_missing_step(user, variants, step):
    """A launcher that forgets one step of the drop ends itself."""
    name = "without " + step
    edit = ("identity.c", *REMOVALS[step])
    launcher = variants.build(name, [edit])
    for tier in (FULL, UID):
        ended = start(user, order_for(tier, STATUS), launcher=launcher)
        assert_refused(ended, "verify")


@pytest.mark.case("P-L03")
@pytest.mark.parametrize("step", ["groups", "gid", "real uid"])
def test_p_l03_control_without_verify_the_guest_shows_it(user, variants, step):
    """Without the proof as well, the guest's own status tells the step."""
    edits = [("identity.c", *REMOVALS[step]), NO_VERIFY]
    launcher = variants.build(f"without {step} and verify", edits)
    ended = start(user, order_for(UID, STATUS), launcher=launcher)
    shown = {"groups": "Groups", "gid": "Gid", "real uid": "Uid"}[step]
    assert any(one.startswith(shown) for one in faults(ended.printed)), ended


@pytest.fixture(scope="session")
def group_file(machine) -> Path:
    """A file that group adm may read, in a directory that guests see."""
    folder = machine.system / "grouped"
    folder.mkdir()
    path = folder / "adm"
    path.write_text("for adm\n")
    shutil.chown(path, "root", "adm")
    path.chmod(0o640)
    return path


@pytest.mark.case("P-L04")
@TAKES_UID
def test_p_l04_groups_of_the_caller_are_gone(user, tier, group_file, variants):
    """A file that the caller reads by a group is closed to the guest, and
    open with a launcher that keeps the groups."""
    argv = ["/usr/bin/cat", bytes(group_file)]
    tree = (b"r" + bytes(group_file.parent),)
    assert user.run(argv, check=True).stdout == "for adm\n"
    ended = start(user, order_for(tier, argv, [tree][: tier == UID]))
    assert "Permission denied" in ended.printed
    edits = [("identity.c", *REMOVALS["groups"]), NO_VERIFY]
    launcher = variants.build("without groups and verify", edits)
    ended = start(user, order_for(UID, argv, [tree]), launcher=launcher)
    assert ended.printed == "for adm\n"


@pytest.mark.case("P-L04")
@pytest.mark.parametrize("name", ["user", "docker-user", "rootless", "root"])
def test_p_l04_no_way_to_another_id(make_environment, guests, name):
    """No call of a guest changes an id, to root's or back to the caller's."""
    environment = make_environment(name)
    ids = str(environment.uid), str(environment.gid)
    program, env = PROGRAMS / "other_ids.py", path_with(environment, guests)
    stdout = check_file(environment, program, *ids, env=env)
    groups, tries, fsuids = json.loads(stdout)
    if name == "rootless":
        # Here the caller's groups stay, as nothing can take them; they are
        # none of the namespace's.
        assert set(groups) <= {NOBODY}
    else:
        assert groups == []
    assert set(tries.values()) <= {"EPERM", "EINVAL"}
    assert len(tries) == (18 if environment.uid else 9)
    # -1: the filter refuses the question as well.
    assert set(fsuids) <= {-1, NOBODY}
