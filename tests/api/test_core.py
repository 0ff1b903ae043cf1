"""The main job, in every environment boxed must work in: calls and answers.

Each test of test_core*.py runs a program of its own there, as a user would,
and most have their positive control beside them: the same action outside the
sandbox.
"""

from __future__ import annotations

from pathlib import Path

from core import check_file

PROGRAMS = Path(__file__).parent / "programs"


def test_the_first_call_with_each_serializer(environment):
    """sqrt(4) is 2.0, whatever carries it."""
    check_file(
        environment, PROGRAMS / "the_first_call_with_each_serializer.py"
    )


def test_functions_of_main(environment):
    """As with multiprocessing's spawn; its main guard holds."""
    output = check_file(environment, PROGRAMS / "functions_of_main.py")
    assert output.split() == ["42", "42", "42"]


def test_closures_and_lambdas(environment):
    """cloudpickle and dill send functions by value."""
    check_file(environment, PROGRAMS / "closures_and_lambdas.py")


def test_builtin_exceptions_are_both_types(environment):
    """`except ValueError:` works, and so does `except RemoteError:`."""
    check_file(environment, PROGRAMS / "builtin_exceptions_are_both_types.py")


def test_output_reaches_the_callers_streams(environment):
    """sys.stdout and sys.stderr, so redirection works; escapes are shown."""
    check_file(environment, PROGRAMS / "output_reaches_the_callers_streams.py")


def test_every_size_up_to_the_cap(environment):
    """Both ways, at 1 B, 64 KiB and one around it, 10 MiB."""
    check_file(environment, PROGRAMS / "every_size_up_to_the_cap.py")


def test_imports_are_preloaded(environment):
    """A named module is there before the call; a bad name is SetupError."""
    check_file(environment, PROGRAMS / "imports_are_preloaded.py")


def test_numpy_works(environment):
    """A large C library imports and computes under the default walls."""
    check_file(environment, PROGRAMS / "numpy_works.py")


def test_threads_and_calls_at_once(environment):
    """Forty calls from eight threads; every answer is its own."""
    check_file(environment, PROGRAMS / "threads_and_calls_at_once.py")
