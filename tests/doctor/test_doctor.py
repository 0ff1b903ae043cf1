"""What `boxed doctor` says of the machine, beside the tiers and walls."""

from __future__ import annotations

import json

import pytest


def doctor(environment, *options: str, **more) -> str:
    argv = [environment.interpreter, "-m", "boxed", "doctor", *options]
    return environment.run(argv, **more).stdout


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("user", False),
        ("docker-user", False),
        ("docker-nobody", True),
        ("docker-root", True),
        ("rootless", False),
    ],
)
def test_uids_that_are_not_reserved_are_told(make_environment, name, missing):
    """Where guests of all users are one user; not where the guest has the
    caller's uid anyway."""
    environment = make_environment(name)
    said = doctor(environment)
    assert ("No uids are reserved" in said) == missing
    assert ("boxed setup" in said) >= missing
    found = json.loads(doctor(environment, "--json"))["uids"]
    assert bool(found["remedy"]) == missing
    if name in ("user", "docker-user"):
        assert found["reserved"] == [60578, 606]
