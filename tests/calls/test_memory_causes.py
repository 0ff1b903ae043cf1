"""Cause 'memory': where the kernel has measured it, however the guest ends,
and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from cgroups import delegated, writable
from core import check_file

PROGRAM = Path(__file__).parent / "programs" / "memory_as_cause.py"


@pytest.mark.parametrize("name", ["root", "docker-root"])
def test_memory_as_cause(name, make_environment):
    """Each way of dying of it, and each disguise, where calls have cgroups."""
    writable()
    check_file(make_environment(name), PROGRAM, "cgroup v1")


def test_memory_as_cause_of_an_ordinary_user(make_environment):
    """To whom a cgroup was given."""
    environment = make_environment("rootless")
    with delegated(writable(), environment.uid):
        check_file(environment, PROGRAM, "cgroup v1")


@pytest.mark.parametrize(
    "name", ["user", "rootless", "docker-user", "kubernetes"]
)
def test_memory_as_cause_without_cgroups(name, make_environment):
    """What is raised for want of it is believed if the process had much; what
    no limit of a process counts is watched."""
    check_file(make_environment(name), PROGRAM, "watched")
