"""What a caller is told where a wall cannot be had (P-V04)."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from environments import CHECKOUT, LAUNCHER
from variants import grant

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def launchers(machine) -> dict[str, Path]:
    """Launchers that are not as `boxed setup` leaves them."""
    folder = machine.system / "faulty"
    folder.mkdir()
    made = {}
    for name in ("none", "foreign", "writable", "corrupt"):
        path = folder / name
        shutil.copy(CHECKOUT / "boxed" / "python_boxed", path)
        path.chmod(0o755)
        made[name] = path
    os.chown(made["foreign"], machine.user("a").uid, -1)
    made["corrupt"].write_text("no program\n")
    for name in ("foreign", "writable", "corrupt"):
        grant(made[name])
    made["writable"].chmod(0o777)
    return made


FALL = (PROGRAMS / "falls.py").read_text()


@pytest.mark.case("P-V04")
@pytest.mark.parametrize("fault", ["none", "foreign", "writable", "corrupt"])
def test_p_v04_launcher_that_is_not_as_it_should_be(
    make_environment, launchers, fault
):
    """Without its capabilities, or where another than root could have written
    it, it is not used: the tier it serves fails with the reason, and without
    a choice a tier that needs none is taken."""
    environment = make_environment("user")
    bind = ("--bind", f"{launchers[fault]}:{LAUNCHER}")
    told = json.loads(environment.check(FALL, enter=bind).stdout)
    for tier in ("full", "uid"):
        kind, stage, text = told[tier]
        assert kind == "SetupError"
        if fault == "corrupt":
            assert stage == "start"
        else:
            assert stage == "capabilities"
            assert "setup" in text
    if fault == "corrupt":
        assert told["auto"][:2] == ["SetupError", "start"]
    else:
        assert told["auto"] == "rootless"


@pytest.mark.case("P-V04")
def test_p_v04_missing_launcher(make_environment, machine, interpreter):
    """A package without its launcher says how to mend it."""
    environment = make_environment("rootless")
    package = environment.home / "incomplete" / "boxed"
    shutil.copytree(
        CHECKOUT / "boxed",
        package,
        ignore=shutil.ignore_patterns("python_boxed", "__pycache__"),
    )
    env = {"PYTHONPATH": str(package.parent)}
    told = json.loads(environment.check(FALL, env=env).stdout)
    for kind, stage, text in told.values():
        assert (kind, stage) == ("SetupError", "start")
        assert "reinstall" in text


@pytest.mark.case("P-V04")
@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("docker-bare", {"capabilities", "collector", "collect"}),
        ("kubernetes", {"capabilities", "collector", "collect"}),
    ],
)
def test_p_v04_nothing_is_left_to_fall_to(make_environment, name, stages):
    """Where no tier of its own choice is to be had, it fails, and names the
    one that must be asked for."""
    told = json.loads(make_environment(name).check(FALL).stdout)
    for kind, stage, text in told.values():
        assert kind == "SetupError"
        assert stage in stages, text
    assert "isolation='landlock'" in told["auto"][2]


@pytest.mark.case("P-V04")
def test_p_v04_no_landlock(make_environment):
    """Without Landlock there is no tier at all."""
    told = json.loads(make_environment("old-kernel").check(FALL).stdout)
    for tier in ("full", "auto"):
        kind, stage, text = told[tier]
        assert (kind, stage) == ("SetupError", "landlock")
        assert "no Landlock" in text
    assert told["uid"][0] == "SetupError"


@pytest.mark.case("P-V04")
@pytest.mark.parametrize(
    ("refused", "stage"),
    [
        ("prctl", "start"),
        ("setsid", "session"),
        ("setgroups", "identity"),
        ("setresuid", "identity"),
        ("seccomp", "seccomp"),
        ("close_range", "start"),
        ("unshare=ENOMEM", "collector"),
    ],
)
def test_p_v04_wall_that_the_kernel_refuses(make_environment, refused, stage):
    """A call that the launcher needs and does not get ends the tier with the
    name of the step and its errno, whenever it is needed."""
    environment = make_environment("user-nobody")
    enter = ("--refuse", refused)
    told = json.loads(environment.check(FALL, enter=enter).stdout)
    kind, named, text = told["full"]
    assert (kind, named) == ("SetupError", stage), text
    number = "Cannot allocate" if "ENOMEM" in refused else "not permitted"
    assert number in text
