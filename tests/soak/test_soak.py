"""Calls of every kind at once, each judged by what it has to come to, and
nothing is left of them; `make soak` is the same for as long as one likes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from core import run_file

PROGRAMS = Path(__file__).parent / "programs"


def soaked(environment, program, *args):
    """A run with a seed that is new each time, and is told where it fails."""
    seed = str(random.randrange(10**6))
    args = (*args, "--seed", seed)
    return run_file(environment, PROGRAMS / program, *args, timeout=250)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["root", "rootless", "docker-root"])
def test_soak(make_environment, name):
    """As root, who may kill processes of its sandboxes too; and in other
    tiers."""
    many = ["--cases", "30" if name == "root" else "8"]
    done = soaked(make_environment(name), "soak.py", "--rounds", "2", *many)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rounds: 0 wrong" in done.stdout


@pytest.mark.parametrize(
    ("what", "rounds", "told"),
    [
        ("value", 1, "another value"),
        ("descriptor", 1, "WRONG descriptors"),
        ("process", 1, "WRONG a process"),
        ("memory", 7, "WRONG memory"),
        ("objects", 7, "WRONG objects"),
    ],
)
def test_the_soak_finds_what_is_wrong(make_environment, what, rounds, told):
    """The control."""
    size = ("--cases", "12" if rounds == 1 else "2", "--threads", "2")
    args = (what, "--rounds", str(rounds), *size)
    done = soaked(make_environment("root"), "sabotaged.py", *args)
    assert done.returncode == 1 and told in done.stderr, done.stdout
