"""`boxed setup` makes its two files safely, says so, and takes them back.

Each test has private copies of /etc and /usr/bin, so that the real paths are
used and nothing of them is the host's.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from advising import Place
from systems import System, make_system


@pytest.fixture
def system(machine) -> Iterator[System]:
    """A machine of the test's own, on which boxed is not set up."""
    yield from make_system(machine)


@pytest.fixture(scope="module")
def clean_system(machine) -> Iterator[System]:
    """One for all the tests of what is refused: each must leave it as it
    was, which `refuses` asserts."""
    yield from make_system(machine)


@pytest.fixture(scope="module")
def one_place(machine) -> Iterator[Place]:
    # Before /etc is copied.
    machine.user("b")
    user = machine.user("a")
    for system in make_system(machine):
        yield Place(machine, system, user)


@pytest.fixture
def place(one_place) -> Iterator[Place]:
    """Where nothing is set up."""
    yield one_place
    one_place.clean()
