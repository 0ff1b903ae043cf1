"""What a user is told when the machine is short of something."""

from __future__ import annotations

import errno

import pytest
from here import run_here

from boxed._remedies import explain

CODE = """
import resource, sys
from boxed import SetupError, run
hard = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
try:
    print(run(abs, (-3,)))
except SetupError as error:
    print(error.errno, error.remedy)
"""


def test_too_few_descriptors(make_environment):
    """The limit is named, not the user namespaces that met it first."""
    environment = make_environment("rootless")
    short = environment.check(CODE, "20").stdout
    assert short.startswith(f"{errno.EMFILE} "), short
    assert "ulimit" in short
    assert environment.check(CODE, "64").stdout == "3\n"


@pytest.mark.parametrize("most", [6, 7, 8, 9, 10, 11, 12, 16])
def test_too_few_descriptors_for_anything(most):
    """Whichever step is the first that has none: below ten, the kernel calls
    the number that it is to find impossible, and means the same."""
    short = run_here("-c", CODE, str(most))
    assert short.startswith(f"{errno.EMFILE} "), short
    assert "ulimit" in short


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "user.max_user_namespaces"),
        (errno.EAGAIN, "ulimit -u"),
        (errno.EPERM, "boxed setup"),
    ],
)
def test_no_namespaces_has_a_cause(number, remedy):
    error = explain("rootless", "namespaces", number)
    assert error.errno == number
    assert error.stage == "namespaces"
    assert remedy in error.remedy
