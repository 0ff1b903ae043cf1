"""Fixtures: callers to attack from within, and what there is to attack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .callers import TIERS, Caller, Callers
from .worlds import World, make_world


@pytest.fixture(scope="session")
def callers(machine) -> Iterator[Callers]:
    made = Callers(machine)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session", params=TIERS)
def caller_name(request, make_environment) -> str:
    make_environment(request.param)
    return request.param


@pytest.fixture
def caller(caller_name, callers) -> Caller:
    """A caller in each environment; after every case it must still be able
    to call."""
    caller = callers.get(caller_name)
    yield caller
    assert caller.sandbox("add", 1, 2) == 3


@pytest.fixture
def no_standbys(caller) -> Iterator[None]:
    """No worker stands by, so that a process more is that of a call."""
    with caller.without_standbys():
        yield


@pytest.fixture(scope="session")
def worlds(callers) -> Iterator[dict[str, World]]:
    made: dict[str, World] = {}
    yield made
    for world in made.values():
        world.close()


@pytest.fixture
def world(caller, worlds) -> World:
    """What the caller's guest is to reach."""
    if caller.name not in worlds:
        worlds[caller.name] = make_world(caller)
    return worlds[caller.name]
