"""call(): an Outcome for whatever a guest does, with a cause that was measured
and never told, and what the call used."""

from __future__ import annotations

import copy
import pickle
import signal
from pathlib import Path

import pytest
from core import check_file

import boxed
from boxed import (
    BoxedError,
    CallCancelled,
    CallTimeout,
    Limits,
    Outcome,
    Usage,
    WorkerDied,
)
from boxed._calls import causes

PROGRAMS = Path(__file__).parent / "programs"


def test_each_cause(environment):
    """By a guest that does exactly that; what it printed before is there."""
    check_file(environment, PROGRAMS / "each_cause.py")


def test_disguises(environment):
    """Whatever a guest does to be taken for something else, its cause is what
    was measured."""
    check_file(environment, PROGRAMS / "disguises.py")


def test_what_is_no_cause(make_environment):
    """A limit that makes a system call fail has not ended the call, and who
    says that he met one says nothing else than who did."""
    check_file(make_environment("root"), PROGRAMS / "goes_on.py")


def test_usage(environment):
    """Known work, within a tenth."""
    check_file(environment, PROGRAMS / "usage.py")


def test_usage_that_is_told_later(make_environment):
    """A call does not wait for its worker's end; who asks does, and is told,
    however often and in whatever thread, as long as anybody can tell."""
    check_file(make_environment("root"), PROGRAMS / "usage_told_later.py")


@pytest.mark.parametrize("name", ["root", "user", "rootless"])
def test_usage_of_several_processes(make_environment, name):
    """It is that of all of them."""
    program = PROGRAMS / "usage_of_families.py"
    check_file(make_environment(name), program)


@pytest.mark.fast
def test_an_end_for_want_of_memory():
    """The kernel's own count says so, of a worker that it ended."""
    few, most = 1 << 20, 1 << 30
    for status, memory, cause in (
        (signal.SIGKILL, (2, few, most, 9, 1), "memory"),
        (3 << 8, (2, few, most, 9, 1), "memory"),
        (signal.SIGSEGV, (1, most, most, 0, 0), "memory"),
        # All of the machine was full, or the cgroup of files' contents.
        (signal.SIGKILL, (2, few, most, 0, 1), "signal"),
        (signal.SIGKILL, (2, few, most, 9, 0), "signal"),
        (signal.SIGKILL, (0, most, 0, 0, 0), "signal"),
        (3 << 8, (1, most * 8 // 10, most, 0, 0), "exit"),
    ):
        report = (int(status), 0, 0, 0, 0, 0, 0, 0, 0)
        error = causes.of_death(report, memory, Limits())
        assert causes.cause_of(error) == cause, error
    for cls in (CallTimeout, CallCancelled, WorkerDied):
        assert causes.cause_of(cls("")) in ("timeout", "cancelled", "lost")


@pytest.mark.fast
def test_an_outcome_cannot_be_changed():
    """Nor can a usage."""
    for one, name in (
        (Outcome(cause="raised"), "cause"),
        (Usage(), "wall_time"),
    ):
        with pytest.raises(AttributeError, match=name):
            setattr(one, name, 1)
        with pytest.raises(AttributeError, match=name):
            delattr(one, name)
        with pytest.raises(AttributeError):
            one.other = 1
        with pytest.raises(TypeError, match="other"):
            type(one)(other=1)


@pytest.mark.fast
def test_an_outcome_is_copied_and_compared_by_its_fields():
    """With its exception, which has the same outcome again."""
    usage = Usage(wall_time=0.25, peak_memory=1, measured=True)
    good = Outcome(cause="returned", value=[1], stdout="x", usage=usage)
    for again in (pickle.loads(pickle.dumps(good)), copy.deepcopy(good)):
        assert again == good and again.usage == usage
    assert good != Outcome(cause="returned", value=[2], usage=usage)
    assert good != 5
    error = BoxedError("no")
    assert error.outcome is None
    error._facts = {"cause": "raised", "usage": usage}
    again = pickle.loads(pickle.dumps(error))
    assert again.outcome.exception is again
    assert again.outcome.usage == usage


@pytest.mark.fast
def test_an_outcome_reads_well():
    """What is as usual is left out; a long value is cut."""
    usage = Usage(wall_time=1 / 3, peak_memory=1)
    assert repr(usage) == "Usage(wall_time=0.333333, peak_memory=1)"
    one = Outcome(cause="returned", usage=usage, walls=("user",))
    assert repr(one) == f"Outcome(cause='returned', value=None, usage={usage})"
    assert len(repr(Outcome(cause="returned", value="x" * 10**6))) < 300
    failed = Outcome(cause="exit", exception=BoxedError("no"), exitcode=0)
    assert "value" not in repr(failed) and "exitcode=0" in repr(failed)


@pytest.mark.fast
def test_an_outcome_is_generic():
    """At run time too, where annotations are evaluated."""
    assert Outcome[int] and boxed.Outcome is Outcome
    with pytest.raises(AttributeError):
        _ = boxed.no_such_name
