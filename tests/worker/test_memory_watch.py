"""Where calls have no cgroups, somebody looks at all the memory of each; and
limits of one call are lower than the sandbox's everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from cgroups import writable
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-R02")
@pytest.mark.parametrize(
    "name", ["user", "rootless", "docker-user", "kubernetes"]
)
def test_all_memory_is_watched(name, make_environment):
    """Shared mappings, page tables, several processes (control: outside each
    can be had); a guest that hides from it is ended."""
    check_file(make_environment(name), PROGRAMS / "all_memory_is_watched.py")


@pytest.mark.parametrize("name", ["root", "docker-root"])
def test_limits_of_one_call_in_a_cgroup(name, make_environment):
    """The kernel has them, for as long as that call is in it."""
    writable()
    check_file(
        make_environment(name), PROGRAMS / "tighter_limits_in_a_cgroup.py"
    )
