"""What RLIMIT_DATA does not count has bounds of its own: stacks, shared and
read-only mappings, and so the page tables of all that."""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.case("P-R02")
def test_mappings_of_every_kind(environment):
    """Each ends at its limit; outside, with RLIMIT_DATA alone, only private
    writable ones do."""
    check_file(environment, PROGRAMS / "mappings_of_every_kind.py")


@pytest.mark.case("P-R02")
def test_the_first_stack(make_environment):
    """It grows to `memory` and no further, whatever limit the guest sets;
    outside, to what the hard limit lets it."""
    for name in ("root", "rootless", "docker-root"):
        check_file(make_environment(name), PROGRAMS / "the_first_stack.py")
