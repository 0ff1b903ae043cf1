"""A tier is given up where the machine refuses it, and for nothing else.

What runs out, and other users can use up, is an error that passes: it moves
no call to fewer walls, and is not remembered.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from environments import apart

from boxed import SetupError, _boxed
from boxed._errors import RemoteTraceback
from boxed._policy import tiers

PROGRAMS = Path(__file__).parent / "programs"


def told(environment, *args: str, **options) -> list[object]:
    program = PROGRAMS / "what_was_short.py"
    done = environment.script(program, *args, check=True, **options)
    return json.loads(done.stdout)


def pinned(by: int, count: int, limit: int) -> tuple[str, ...]:
    return apart(f"--pin={by}={count}", f"--set=max_user_namespaces={limit}")


@pytest.fixture
def environment(make_environment):
    """One in which every tier works, and guests are `nobody`."""
    return make_environment("user-shared")


def test_used_up_by_others_is_an_error_that_passes(environment):
    """Others hold all namespaces that `nobody` may have: the call fails, and
    the next one of the same process, after they gave them back, is full."""
    by_nobody = pinned(65534, 3, 3)
    shortage = ["namespaces", errno.ENOSPC]
    assert told(environment, "release", through=by_nobody) == [
        shortage,
        "full",
    ]


def test_used_up_where_the_trees_are_collected(environment):
    """The same at the step before, where the caller's own count counts."""
    by_caller = pinned(environment.uid, 3, 3)
    shortage = ["collector", errno.ENOSPC]
    assert told(environment, "release", through=by_caller) == [
        shortage,
        "full",
    ]


def test_used_up_would_move_others_if_it_were_a_refusal(environment):
    """The control: the shortage is a real one, and taking it for a refusal
    is what lets one user take walls from another."""
    by_nobody = pinned(65534, 3, 3)
    assert told(environment, "generous", through=by_nobody) == ["uid"]
    enough = pinned(65534, 3, 100)
    assert told(environment, "generous", through=enough) == ["full"]


def test_used_up_in_an_enclosing_container(environment):
    """A limit of the container's own may be high: the host's counts too."""
    # The container belongs to the root outside, so it is his count.
    outer = pinned(0, 3, 4)
    inner = apart("--nobody=65534", "--set=max_user_namespaces=5000")
    shortage = ["collector", errno.ENOSPC]
    assert told(environment, through=(*outer, *inner)) == [shortage]


@pytest.mark.parametrize("kind", ["user", "pid", "net", "uts"])
def test_switched_off_by_root_is_a_refusal(environment, kind):
    """A limit of zero is how an administrator refuses: then it is `uid`."""
    off = apart(f"--set=max_{kind}_namespaces=0")
    assert told(environment, through=off) == ["uid"]


def test_another_network_namespace_is_not_missed_by_those_who_share_one(
    environment,
):
    """With network=True none is made, so its limit explains nothing."""
    program = PROGRAMS / "with_a_network.py"
    off = apart("--set=max_net_namespaces=0")
    done = environment.script(program, through=off, check=True)
    assert done.stdout == "full\n"


# Call -> the stage that meets its failure in the full tier.
STAGES = {
    "unshare": "collector",
    "open_tree": "collect",
    "fsopen": "proc",
    "pivot_root": "root",
}


@pytest.mark.parametrize("call", STAGES)
@pytest.mark.parametrize("number", ["EPERM", "ENOSYS"])
def test_refused_calls_lead_to_the_next_tier(environment, call, number):
    """What filters and security modules answer is a refusal."""
    enter = ("--refuse", f"{call}={number}")
    assert told(environment, enter=enter) == ["uid"]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("unshare", "ENOSPC"),
        ("unshare", "EUSERS"),
        ("unshare", "ENOMEM"),
        ("unshare", "EAGAIN"),
        ("open_tree", "ENOSPC"),
        ("open_tree", "EMFILE"),
        ("fsopen", "ENFILE"),
        ("pivot_root", "ENOMEM"),
    ],
)
def test_short_calls_are_errors(environment, call, number):
    """The same calls, short of something: no other tier is tried."""
    enter = ("--refuse", f"{call}={number}")
    expected = [STAGES[call], getattr(errno, number)]
    assert told(environment, enter=enter) == [expected]


# Written anew here: the package's own table must say the same.
FALLS_TO_UID = {
    "collector": "EPERM EACCES ENOSYS EINVAL",
    "collect": "EPERM ENOSYS",
    "namespaces": "EPERM EACCES ENOSYS EINVAL",
    "uid_map": "EPERM EACCES",
    "proc": "EPERM EACCES ENOSYS",
    "root": "EPERM EACCES ENOSYS EINVAL",
}


@pytest.mark.parametrize("stage", _boxed.STAGES)
def test_every_errno_of_every_step(stage, monkeypatch):
    """What is not listed gives no tier up; and only the best one is."""
    monkeypatch.setattr(
        "boxed._policy.refusals.switched_off", lambda *_, **__: None
    )
    monkeypatch.setattr(tiers.os, "geteuid", lambda: 1000)
    for number, name in {**errno.errorcode, 0: "0"}.items():
        error = SetupError("", stage=stage, errno=number)
        expected = None
        if name in FALLS_TO_UID.get(stage, "").split():
            expected = tiers.UID
        if (stage, name) == ("capabilities", "EPERM"):
            expected = tiers.ROOTLESS
        assert tiers.fits_next(tiers.FULL, error) == expected, name
        for tier in (tiers.UID, tiers.ROOTLESS, tiers.LANDLOCK):
            assert tiers.fits_next(tier, error) is None


def test_root_never_falls_to_where_root_cannot_go(monkeypatch):
    """Without capabilities, as with `docker run --cap-drop ALL`."""
    monkeypatch.setattr(tiers.os, "geteuid", lambda: 0)
    error = SetupError("", stage="capabilities", errno=errno.EPERM)
    assert tiers.fits_next(tiers.FULL, error) is None


def test_every_refusal_has_its_reason():
    from boxed._policy.refusals import REFUSALS

    assert set(REFUSALS) == set(FALLS_TO_UID)
    assert all(why for table in REFUSALS.values() for why in table.values())


def test_a_lower_tier_is_tried_anew_when_the_launcher_changes(
    monkeypatch, tmp_path
):
    """A process that began while the launcher was being replaced is not in
    the tier without one for the rest of its life."""
    launcher = tmp_path / "launcher"
    launcher.write_bytes(b"")
    monkeypatch.setattr(tiers, "launcher_for", lambda tier: str(launcher))
    monkeypatch.setattr(tiers, "_settled", None)
    monkeypatch.setattr(tiers.os, "geteuid", lambda: 1000)
    refused = SetupError("", stage="capabilities", errno=errno.EPERM)
    tried = []

    def start(tier: str) -> str:
        tried.append(tier)
        if tier == tiers.FULL and launcher.stat().st_size == 0:
            raise refused
        return tier

    assert tiers.best(start, network=False) == tiers.ROOTLESS
    assert tiers.best(start, network=False) == tiers.ROOTLESS
    assert tried == ["full", "rootless", "rootless"]
    launcher.write_bytes(b"installed")
    assert tiers.best(start, network=False) == tiers.FULL
    assert tiers.settled() == tiers.FULL


@pytest.mark.parametrize("own", [None, RemoteTraceback("of an import")])
def test_why_the_better_tiers_are_not_used_is_said_where_it_matters(
    monkeypatch, own
):
    """Not beside what failed in the sandbox, whose own traceback that had
    been."""
    monkeypatch.setattr(tiers, "_settled", None)
    monkeypatch.setattr(tiers.os, "geteuid", lambda: 1000)
    refused = SetupError("", stage="capabilities", errno=errno.EPERM)
    failure = SetupError("", stage="imports")
    failure.__cause__ = own

    def start(tier: str) -> str:
        raise refused if tier == tiers.FULL else failure

    with pytest.raises(SetupError) as caught:
        tiers.best(start, network=False)
    assert caught.value is failure
    assert caught.value.__cause__ is (own or refused)


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EIO, errno.ENFILE])
def test_a_launcher_that_cannot_be_looked_at_is_not_a_missing_one(
    monkeypatch, number
):
    """To start without it would be to give the better tiers up."""

    def fails(path: str) -> None:
        raise OSError(number, "cannot")

    monkeypatch.setattr(tiers.os, "lstat", fails)
    with pytest.raises(SetupError) as caught:
        tiers.installed_launcher()
    assert caught.value.errno == number
    monkeypatch.undo()
    monkeypatch.setattr(tiers, "_configured_launcher", lambda: "/nothing")
    assert tiers.installed_launcher() is None
    monkeypatch.setattr(tiers.os, "stat", fails)
    with pytest.raises(SetupError) as caught:
        tiers.installed_launcher()
    assert caught.value.errno == number
