"""Limits: each holds, says which it was, and the next call works."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

from boxed import Limits

PROGRAMS = Path(__file__).parent / "programs"

MIB = 1 << 20


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu_time", 0),
        ("cpu_time", float("nan")),
        ("memory", 1),
        ("threads", 0),
        ("processes", 0),
        ("open_files", 3),
        ("result", -1),
    ],
)
def test_impossible_limits(field, value):
    """Each is a ValueError that names the field."""
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})


def test_a_limit_of_a_wrong_type():
    """Bytes are counted in whole numbers."""
    with pytest.raises(TypeError, match="memory"):
        Limits(memory=1e9)


def test_equal_limits_share_a_sandbox():
    """They compare and hash by value."""
    assert Limits(memory=MIB) == Limits(memory=MIB)
    assert hash(Limits(memory=MIB)) == hash(Limits(memory=MIB))
    assert Limits(memory=MIB) != Limits(memory=2 * MIB)


@pytest.mark.case("P-R02")
def test_memory(environment):
    """Beyond the limit is MemoryError; below it is room, numpy or not."""
    check_file(environment, PROGRAMS / "memory.py")


@pytest.mark.case("P-S06")
def test_cpu_time(environment):
    """A loop that ignores SIGXCPU ends all the same."""
    check_file(environment, PROGRAMS / "cpu_time.py")


@pytest.mark.case("P-R01")
def test_threads(make_environment):
    """One more than the limit cannot start; up to it they work."""
    for name in ("root", "user", "rootless"):
        check_file(make_environment(name), PROGRAMS / "threads.py")


@pytest.mark.case("P-R01")
@pytest.mark.parametrize("name", ["docker-user", "kubernetes"])
def test_threads_without_namespaces(make_environment, name):
    """All of a uid's count together there: a bound, if not an exact one."""
    program = PROGRAMS / "threads_without_namespaces.py"
    check_file(make_environment(name), program)


@pytest.mark.case("P-R05")
def test_files(environment):
    """Open files, the size of one, and the room in /tmp."""
    check_file(environment, PROGRAMS / "files.py")


@pytest.mark.case("P-R04")
def test_tmp(make_environment):
    """/tmp has the size it was given, and is empty again in the next call."""
    for name in ("root", "rootless"):
        check_file(make_environment(name), PROGRAMS / "tmp.py")


def test_output_and_result(environment):
    """Both are counted in the caller."""
    check_file(environment, PROGRAMS / "output_and_result.py")


@pytest.mark.case("P-R03")
def test_all_that_a_guest_can_hold(make_environment):
    """Memory of every kind that one call can take, in sum, has a bound
    (control: outside, the first kind alone passes it)."""
    for name in ("root", "rootless"):
        check_file(
            make_environment(name), PROGRAMS / "all_that_a_guest_can_hold.py"
        )


@pytest.mark.case("P-R04")
def test_files_that_are_huge_many_or_deep(make_environment):
    """A sparse petabyte, and a thousand directories deep: errors inside, and
    nothing of them is left for the next call."""
    for name in ("root", "rootless"):
        check_file(
            make_environment(name),
            PROGRAMS / "files_that_are_huge_many_or_deep.py",
        )
