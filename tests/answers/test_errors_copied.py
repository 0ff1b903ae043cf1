"""Errors on their way to another process, or copied: they stay whole."""

from __future__ import annotations

import copy
import pickle

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
from boxed._wire.exception_format import FIELDS

pytestmark = pytest.mark.fast

ATTRIBUTES = {name for names in FIELDS.values() for name in names}
SOURCES = [
    "error = ValueError('wrong')\nerror.__notes__ = ['one']\nraise error",
    "try: 1 / 0\nexcept Exception as error: raise KeyError('k') from error",
    "open('/nothing')",
    "b'\\xff'.decode()",
    "exit(3)",
]


def raised(source: str) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,))
    return caught.value


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "source",
    SOURCES,
)
def test_copies_keep_everything(source, protocol):
    """By pickle and by copy, as a process pool or a log handler does."""
    error = raised(source)
    for again in (
        pickle.loads(pickle.dumps(error, protocol)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert type(again) is type(error)
        for name in ("type_name", "message", "traceback", "notes", "args"):
            assert getattr(again, name) == getattr(error, name)
        for name in ATTRIBUTES:
            value = getattr(error, name, None)
            assert getattr(again, name, None) == value
        assert repr(again) == repr(error)
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


def test_errors_of_a_programs_own():
    """As its tests may make one in place of a guest's."""
    error = RemoteError("boom", 5)
    assert str(error) == "('boom', 5)"
    assert (error.type_name, error.message, error.traceback) == ("", "", "")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RemoteError
    assert again.args == error.args
    assert str(again) == str(error)
