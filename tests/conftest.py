"""Fixtures: environments to run code in; and in CI nothing is skipped."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from alone import Alone
from cases import Cases
from environments import CHECKOUT, CORE, Environment
from machine import Installation, Machine
from users import User, remove_leftovers

# Fixtures of tests/security, which need those below.
pytest_plugins = ("security.guests",)

# What is tested is this checkout, whichever way pytest was started.
sys.path.insert(0, str(CHECKOUT))

IN_CI = bool(os.environ.get("CI"))


def pytest_addoption(parser):
    parser.addoption(
        "--cases", metavar="FILE", help="write the table of attacks to FILE"
    )


def pytest_configure(config):
    # A session that a test starts shares what that test has.
    if "PYTEST_CURRENT_TEST" not in os.environ:
        config.pluginmanager.register(Alone())
    path = config.getoption("--cases")
    if path:
        config.pluginmanager.register(Cases(config, Path(path)))
    if config.getoption("tx", None) and os.geteuid() == 0:
        # Its workers cannot tell which sessions are alive.
        remove_leftovers()


def pytest_collection_modifyitems(items):
    """A fast test is one that needs nothing of the machine's."""
    for item in items:
        fast, slow = map(item.get_closest_marker, ("fast", "slow"))
        if fast and not slow and "machine" in item.fixturenames:
            raise pytest.UsageError(f"{item.nodeid}: fast, with a machine")


def deny_skip(report) -> None:
    """Make a skipped report a failed one: a machine on which a test cannot
    run must not look like one on which it passed."""
    reason = report.longrepr
    if isinstance(reason, tuple):
        reason = reason[-1]
    report.outcome = "failed"
    report.longrepr = f"skipped, and CI allows no skips: {reason}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        deny_skip(report)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    report = (yield).get_result()
    if IN_CI and report.skipped:
        deny_skip(report)


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    """All that environments are made of."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        yield machine
    finally:
        machine.close()


@pytest.fixture(scope="session")
def users(machine) -> tuple[User, User]:
    """Two ordinary users: the one environments run as, and a stranger."""
    return machine.user("a"), machine.user("b")


@pytest.fixture(scope="session")
def interpreter(machine, users) -> str:
    """The interpreter, with boxed in it, inside the first user's home."""
    return machine.python(users[0])


@pytest.fixture(scope="session")
def shared_interpreter(machine, users) -> str:
    """An interpreter with boxed in it that every uid can read."""
    return machine.python(None)


@pytest.fixture(scope="session")
def installed_launcher(machine) -> Installation:
    """The launcher as a plain `boxed setup` installs it."""
    return machine.installation(())


@pytest.fixture(scope="session")
def make_environment(machine):
    """A function from the name of an environment to it."""
    return machine.environment


@pytest.fixture(params=CORE)
def environment(request, make_environment) -> Environment:
    """Each environment of the core suite, one after the other."""
    return make_environment(request.param)
