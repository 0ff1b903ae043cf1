"""The main job, in every environment: who the guest is and what it reaches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from core import check, check_file
from environments import RESERVED
from orders import NOBODY

PROGRAMS = Path(__file__).parent / "programs"


def test_the_tier_is_the_best_one(environment):
    """The doctor names the expected tier, and no other is used."""
    expected = {
        "full": "0 full",
        "landlock": "2 None",
    }.get(environment.tier_expected, f"1 {environment.tier_expected}")
    assert (
        check_file(
            environment, PROGRAMS / "the_tier_is_the_best_one.py"
        ).strip()
        == expected
    )


def test_landlock_is_never_automatic(make_environment):
    """Where nothing else works a call fails closed and says what mends it: no
    `boxed setup`, for a program that can gain no capabilities."""
    program = PROGRAMS / "landlock_is_never_automatic.py"
    check_file(make_environment("kubernetes"), program)


def test_who_the_guest_is(environment):
    """Another uid, gid and no groups, where the tier promises them."""
    code = "print(run(os.getresuid), run(os.getresgid), run(os.getgroups))"
    found = check(environment, code).strip()
    uid = NOBODY
    if environment.name == "docker-user":
        uid = int(found[1:].partition(",")[0])
        assert uid in RESERVED
    ids = [(uid,) * 3, (NOBODY,) * 3]
    if environment.tier_expected == "landlock":
        ids = [(environment.uid,) * 3, (environment.gid,) * 3]
    assert found.startswith(f"{ids[0]} {ids[1]}")
    if environment.tier_expected in ("full", "uid"):
        assert found.endswith("[]")


def test_shadow_is_out_of_reach(environment):
    """The password file cannot be opened (control: the host's root can)."""
    if os.geteuid() == 0:
        assert Path("/etc/shadow").read_bytes()
    check_file(environment, PROGRAMS / "shadow_is_out_of_reach.py")


def test_files_of_others_are_out_of_reach(environment):
    """Not the home, not what others may read (control: the caller can)."""
    check_file(environment, PROGRAMS / "files_of_others_are_out_of_reach.py")


def test_files_go_nowhere(environment, tmp_path):
    """What a guest writes anywhere is on no path of the host."""
    check_file(environment, PROGRAMS / "files_go_nowhere.py")


def test_the_guest_sees_nothing_of_the_caller(environment):
    """Neither environment nor arguments nor open files."""
    check_file(
        environment, PROGRAMS / "the_guest_sees_nothing_of_the_caller.py"
    )


@pytest.mark.parametrize("name", ["docker-root", "docker-user"])
def test_an_interpreter_in_a_closed_home(
    make_environment, machine, users, name
):
    """Without mounts it must be readable to all: SetupError names it."""
    environment = make_environment(name)
    private = machine.python(users[0])
    done = environment.run(
        [
            private,
            "-c",
            "import os, boxed\n"
            "try: boxed.run(os.getuid)\n"
            "except boxed.SetupError as error: print(error)\n",
        ]
    )
    assert f"closed at {users[0].home})" in done.stdout, done.stdout
    assert "cannot read" in done.stdout
