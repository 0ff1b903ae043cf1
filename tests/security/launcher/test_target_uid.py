"""The uid that an order asks for (P-L02)."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from checks import BUNDLED, STATUS, TAKES_UID, assert_refused
from launching import start
from orders import FULL, LANDLOCK, NOBODY, ROOTLESS, UID, order_for
from proc import status_of


def forbidden_uids(user, users) -> list[int]:
    """root, the caller, logins, their bounds, no uid, and accounts of the
    system that root has not listed."""
    logins = [1000, 60000, users[1].uid]
    return [0, user.uid, *logins, 2**32 - 1, 1, 33, 999, 60001, 65535, 2**31]


@pytest.mark.case("P-L02")
@TAKES_UID
def test_p_l02_no_other_uid_than_nobody(user, users, tier):
    """root, the caller, a login, or an account nobody listed: refused."""
    for uid in forbidden_uids(user, users):
        assert_refused(start(user, order_for(tier, STATUS, uid=uid)), "user")


@pytest.mark.case("P-L02")
def test_p_l02_nor_for_root(make_environment, users):
    """root as the caller gets no guest with uid 0 and none with a login's."""
    root = make_environment("root")
    for tier, uid in itertools.product((FULL, UID), (0, 1000, users[1].uid)):
        order = order_for(tier, STATUS, uid=uid)
        assert_refused(start(root, order, launcher=BUNDLED), "user")
    for tier in (ROOTLESS, LANDLOCK):
        order = order_for(tier, STATUS, uid=0)
        assert_refused(start(root, order, launcher=BUNDLED), "user")


@pytest.mark.case("P-L02")
@pytest.mark.parametrize("tier", [ROOTLESS, LANDLOCK])
def test_p_l02_capable_launcher_serves_no_tier_that_needs_none(user, tier):
    """With capabilities it never runs anything under the caller's own uid,
    and under another's not in a tier that takes none."""
    ended = start(user, order_for(tier, STATUS, uid=user.uid))
    assert_refused(ended, "capabilities", 131)
    for uid in (NOBODY, 0, 1000):
        assert_refused(start(user, order_for(tier, STATUS, uid=uid)), "user")


@pytest.mark.case("P-L02")
def test_p_l02_control_without_the_check_it_is_any_uid(user, users, variants):
    """Without target_check the same order runs as another user."""
    call = "    target_check(&order, &origin, &configuration);\n"
    check = ("main.c", call, "")
    launcher = variants.build("no-target-check", [check])
    order = order_for(UID, STATUS, uid=users[1].uid)
    ended = start(user, order, launcher=launcher)
    assert status_of(ended.printed)["Uid"].split() == [str(users[1].uid)] * 4


def configuration_of(user) -> Path:
    """Root's file as the user sees it: /etc is a copy of the session's here,
    so the file can be put there."""
    binds = [word for word in user.enter if word.endswith(":/etc")]
    return Path(binds[0].removesuffix(":/etc"), "boxed.conf")


@pytest.mark.case("P-L02")
def test_p_l02_only_roots_list_permits(user):
    """A uid is permitted by a line of root's file, exactly, and by no file
    that another could have written."""
    place = configuration_of(user)
    tries = {
        "allow-user 33\n": True,
        "# a\n\nallow-user 1\nallow-user 33": True,
        "allow-user 330\n": False,
        "allow-user 3\n": False,
        "allow-user 33x\n": False,
        "allow-user 0x21\n": False,
        "allow-user +33\n": False,
        "allow-user  33\n": False,
        " allow-user 33\n": False,
        "#allow-user 33\n": False,
        f"allow-user {33 + 2**32}\n": False,
        "allow-user 4294967295\n": False,
        "allow-user 33\n" + "#" * 20000: False,
    }
    order = order_for(UID, STATUS, uid=33)
    try:
        for text, permitted in tries.items():
            place.write_text(text)
            ended = start(user, order)
            assert (ended.stage == "zygote") == permitted, (text, ended)
            assert ended.ran == permitted
        place.write_text("allow-user 33\n")
        for change in (
            lambda: place.chmod(0o664),
            lambda: place.chmod(0o646),
            lambda: os.chown(place, user.uid, 0),
        ):
            place.chmod(0o644)
            change()
            assert_refused(start(user, order), "configuration")
        place.unlink()
        place.mkdir()
        assert_refused(start(user, order), "configuration")
    finally:
        if place.is_dir():
            place.rmdir()
        place.unlink(missing_ok=True)


@pytest.mark.case("P-L02")
def test_p_l02_no_pool_moves_the_floor(user, users):
    """A pool of uids that root made of root's, the caller's or a login's
    gives none of them."""
    place = configuration_of(user)
    order = order_for(UID, STATUS)
    try:
        for first in (0, user.uid, users[1].uid, 1000, 60000):
            place.write_text(f"uid-range {first} 1\n")
            assert_refused(start(user, order), "pool")
        place.write_text("uid-range 60000 2\n")
        ended = start(user, order)
        assert status_of(ended.printed)["Uid"].split() == ["60001"] * 4
    finally:
        place.unlink()


@pytest.mark.case("P-L02")
@pytest.mark.parametrize("tier", [ROOTLESS, LANDLOCK])
def test_p_l02_a_primary_group_of_roots_is_no_way_back(
    machine, make_environment, tier
):
    """A caller whose own group is 0, as in some clusters' containers, keeps
    it where the tier changes no id; that is no failure of the drop."""
    machine.need_root("a caller of that group")
    plain = make_environment("rootless")
    order = order_for(tier, STATUS, uid=plain.uid)
    ended = start(plain, order, launcher=BUNDLED, enter=("--gid", "0"))
    assert ended.records == [("zygote", 0, 0)], ended
