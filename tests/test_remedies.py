"""What a user is told when the machine is short of something."""

from __future__ import annotations

import errno

import pytest

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


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "user.max_user_namespaces"),
        (errno.EAGAIN, "ulimit -H -u"),
        (errno.EPERM, "boxed setup"),
    ],
)
def test_no_namespaces_has_a_cause(number, remedy):
    error = explain("rootless", "namespaces", number)
    assert error.errno == number
    assert error.stage == "namespaces"
    assert remedy in error.remedy
