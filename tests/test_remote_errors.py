"""What is known of an exception that the function raised: text, all of it."""

from __future__ import annotations

import copy
import pickle
import sys

import pytest

from boxed import (
    BoxedError,
    CallTimeout,
    LimitExceeded,
    ProtocolError,
    RemoteError,
    SerializationError,
    SetupError,
    UnsafeResultError,
    WorkerDied,
    run,
)

NOTED = """
error = ValueError("wrong")
error.__notes__ = ["first \\x1b[2J", "second"]
raise error
"""
CHAINED = """
try:
    try:
        {}["inner"]
    except KeyError:
        raise OSError(2, "middle")
except OSError as middle:
    raise ValueError("outer") from middle
"""
GROUP = """
raise ExceptionGroup("several", [
    ValueError("one"),
    ExceptionGroup("more", [TypeError("two\\x1b[2J")]),
])
"""
LINKS = """
error = None
for number in range({count}):
    try:
        raise ValueError(f"{{number}}{text}") from error
    except ValueError as caught:
        error = caught
raise error
"""
groups = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="Python 3.11 has exception groups"
)


def raised(source: str) -> RemoteError:
    """The error of a guest that runs the source."""
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,))
    return caught.value


def test_notes_come_along():
    """PEP 678: in order, as printable text, and for older Pythons too."""
    error = raised(NOTED)
    assert isinstance(error, ValueError)
    assert error.notes == ("first \\x1b[2J", "second")
    assert raised("raise ValueError").notes == ()


@pytest.mark.parametrize(
    "notes",
    [
        "5",
        "'text'",
        "[type('N', (), {'__str__': lambda self: 1 / 0})()]",
        "property(lambda self: 1 / 0)",
        "['x' * 10**8]",
        "['x'] * 10**6",
        "type('L', (list,), {'__iter__': lambda self: 1 / 0})()",
    ],
)
def test_notes_of_any_kind(notes):
    """What a guest makes of its notes is bounded text or left out."""
    source = f"raise type('E', (Exception,), {{'__notes__': {notes}}})()"
    error = raised(source)
    assert len(error.notes) <= 64
    assert sum(map(len, error.notes)) < 10**5
    assert all(type(note) is str for note in error.notes)
    assert error.traceback


def test_causes_and_contexts_are_text():
    """A chain is in the traceback, innermost first, as Python prints it."""
    error = raised(CHAINED)
    at = [error.traceback.index(word) for word in ("inner", "middle", "outer")]
    assert at == sorted(at)
    assert "direct cause" in error.traceback
    assert "During handling" in error.traceback
    assert error.__context__ is None
    assert "middle" in str(error.__cause__)


def test_a_chain_that_ends_in_itself():
    """A guest can make a ring of causes; it is printed once."""
    error = raised("a = ValueError('a'); a.__cause__ = a; raise a")
    assert "ValueError: a" in error.traceback
    ring = "a, b = ValueError('a'), KeyError('b')\n"
    ring += "a.__cause__, b.__cause__ = b, a\nraise a"
    assert "KeyError: 'b'" in raised(ring).traceback


@groups
def test_a_group_is_text():
    """A plain RemoteError, whose traceback shows every member, escaped."""
    error = raised(GROUP)
    assert type(error) is RemoteError
    assert error.type_name == "ExceptionGroup"
    assert error.message == "several (2 sub-exceptions)"
    assert "ValueError: one" in error.traceback
    assert "TypeError: two\\x1b[2J" in error.traceback
    assert "\x1b" not in error.traceback


def test_a_long_traceback_keeps_both_ends():
    """Where it began and what happened stay; the middle goes."""
    error = raised(LINKS.format(count=200, text="x" * 1000))
    assert len(error.traceback) <= 65536
    assert "ValueError: 0x" in error.traceback
    assert "\n[...]\n" in error.traceback
    assert f"ValueError: 199{'x' * 1000}\n" in error.traceback


def test_a_chain_too_long_to_print():
    """The interpreter prints none of it; what was raised is there still."""
    error = raised(LINKS.format(count=5000, text=""))
    assert "ValueError: 4999\n" in error.traceback


def test_no_traceback_still_says_so():
    """A guest may break what prints it."""
    source = "import sys\nsys.__excepthook__ = None\nraise ValueError('x')"
    error = raised(source)
    assert str(error) == "x"
    assert error.traceback == "<no traceback: TypeError>"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("source", [NOTED, CHAINED, "open('/nothing')"])
def test_copies_keep_everything(source, protocol):
    """By pickle and by copy, as a process pool or a log handler does."""
    error = raised(source)
    for again in (
        pickle.loads(pickle.dumps(error, protocol)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert type(again) is type(error)
        for name in ("type_name", "message", "traceback", "notes"):
            assert getattr(again, name) == getattr(error, name)
        assert getattr(again, "errno", None) == getattr(error, "errno", None)
        assert str(again) == str(error)
        assert str(again.__cause__) == str(error.__cause__)


@pytest.mark.parametrize(
    "error",
    [
        SetupError("no", stage="seccomp", errno=1, remedy="do"),
        UnsafeResultError("no", "os.system"),
        LimitExceeded("too much", "memory"),
        WorkerDied("gone", signal=9),
        WorkerDied("gone", exitcode=3),
        *(CallTimeout("slow"), ProtocolError("odd"), BoxedError("any")),
        SerializationError("lambda"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_can_be_pickled(error):
    """Text and attributes survive the way to another process."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
