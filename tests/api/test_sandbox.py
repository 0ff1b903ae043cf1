"""Sandbox: one policy and a sandbox of its own, in every environment."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from core import check_file

from boxed import Sandbox

PROGRAMS = Path(__file__).parent / "programs"


def test_the_first_calls_with_each_serializer(environment):
    """One process for each call, one zygote for all."""
    check_file(
        environment, PROGRAMS / "the_first_calls_with_each_serializer.py"
    )


def test_each_sandbox_is_one_of_its_own(environment):
    """Equal options share nothing, with each other nor with run()."""
    check_file(environment, PROGRAMS / "each_sandbox_is_one_of_its_own.py")


def test_preload_imports_once(environment):
    """A module is there before every call, and was imported once for all;
    the control is the module imported by each call."""
    check_file(environment, PROGRAMS / "preload_imports_once.py")


def test_the_policy_holds_for_every_call(environment):
    """timeout, limits, env and allow are those it was made with; a timeout
    can be another one for a call."""
    check_file(environment, PROGRAMS / "the_policy_holds_for_every_call.py")


def test_functions_of_main_and_others(environment):
    """The first of __main__ starts a second sandbox, which ran the script."""
    output = check_file(
        environment, PROGRAMS / "functions_of_main_and_others.py"
    )
    assert output == "script\n"


def test_a_forked_child_cannot_use_it(environment):
    """Not even close it; the parent's goes on, and a new one works."""
    check_file(environment, PROGRAMS / "a_forked_child_cannot_use_it.py")


def test_a_dead_one_is_replaced(environment):
    """Between calls it goes unnoticed; during one it is a WorkerDied."""
    check_file(environment, PROGRAMS / "a_dead_one_is_replaced.py")


def test_eight_threads_at_once(environment):
    """Every answer is its own call's; there is one sandbox for all."""
    check_file(environment, PROGRAMS / "eight_threads_at_once.py")


def test_an_interrupt_leaves_nothing(environment):
    """Ctrl-C in a call, and in the middle of a map."""
    check_file(environment, PROGRAMS / "an_interrupt_leaves_nothing.py")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_there_are_no_copies(copied):
    """One that is collected would close the sandbox of the other."""
    with Sandbox() as sandbox:
        assert sandbox.run(abs, (-1,)) == 1
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            copied(sandbox)
        assert sandbox.run(abs, (-1,)) == 1
