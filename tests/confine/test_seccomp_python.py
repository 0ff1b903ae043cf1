"""What must go on working under the system call filters: Python."""

import os
import sys
from pathlib import Path

import pytest
from confine_build import (
    PROGRAMS,
    build,
    confined,
    outcome,
    python_in_worker,
)

# This one, the system's, and whatever pyenv has: what an interpreter asks of
# the kernel differs between versions and builds.
PYENV = Path.home() / ".pyenv/versions"
INTERPRETERS = sorted(
    {
        sys.executable,
        *filter(os.path.exists, ["/usr/bin/python3"]),
        *map(str, PYENV.glob("3.9.*/bin/python3")),
        *map(str, PYENV.glob("3.1?.*/bin/python3")),
    }
)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_python_works_in_a_worker(interpreter):
    """The standard library under both filters, for every CPython there is."""
    result = python_in_worker("much_of_the_library", interpreter=interpreter)
    assert outcome(result) == ["done"]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_subprocesses_work_where_asked_for(interpreter):
    result = python_in_worker(
        "subprocesses", interpreter=interpreter, processes=2
    )
    assert outcome(result) == ["done"]
    alone = python_in_worker("subprocesses", interpreter=interpreter)
    assert alone.returncode != 0


def test_network_works_where_asked_for():
    assert outcome(python_in_worker("networking", network=True)) == ["done"]
    assert python_in_worker("networking").returncode != 0


def test_fork_server_can_prepare_a_worker():
    """All that is done in C between the fork and the worker's filter."""
    library = build("confine", "-shared", "-fPIC")
    program = PROGRAMS / "fork_server.py"
    words = ["--", "exec", sys.executable, "-I", program, library]
    for steps in ([], ["zygote"]):
        result = confined(*steps, *words)
        assert outcome(result) == ["2", "ready", "15", "True"]


def test_numpy_works_in_a_worker():
    """Imported under the worker's filter, with its threads."""
    assert outcome(python_in_worker("computes")) == ["done"]


def test_python_ends_as_it_does_unconfined():
    """abort, a fault and an exit status come out the same."""
    ends = ("abort", "fault", "3")
    for end in ends:
        results = [
            python_in_worker("ends", end, zygote=zygote)
            for zygote in (True, False)
        ]
        assert results[0].returncode == results[1].returncode != 0
