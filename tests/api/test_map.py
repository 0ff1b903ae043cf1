"""Sandbox.map: results in order, errors in their place, chunks in flight."""

from __future__ import annotations

import io
import operator
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest
from core import check_file

from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    ProtocolError,
    RemoteError,
    Sandbox,
    SerializationError,
    UnsafeResultError,
    WorkerDied,
)
from boxed._calls.chunks import (
    max_in_flight,
    split,
)

PROGRAMS = Path(__file__).parent / "programs"

SERIALIZERS = ("pickle", "json", "cloudpickle", "dill")
IN_FLIGHT = max_in_flight()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def take_all(results) -> tuple[list[object], Exception | None]:
    """The results before an exception, and it."""
    found: list[object] = []
    try:
        found.extend(results)
    except Exception as error:
        with pytest.raises(StopIteration):
            next(results)
        return found, error
    return found, None


def test_map(environment):
    """Ten thousand items, and an exception after those before it."""
    check_file(environment, PROGRAMS / "map.py")


def test_a_process_for_each_chunk(environment):
    """Its rows share it, and no others do."""
    check_file(environment, PROGRAMS / "a_process_for_each_chunk.py")


def test_functions_of_main(environment):
    """They, and arguments of their classes, travel as in run()."""
    output = check_file(environment, PROGRAMS / "map_functions_of_main.py")
    assert output == "[0, 2, 4, 6, 8]\n"


@pytest.mark.parametrize("chunksize", [1, 3, 50, 10**6])
@pytest.mark.parametrize(
    "iterables",
    [
        [range(50)],
        [range(50), range(7)],
        [range(5), range(1000)],
        [[]],
        [range(5), []],
        [],
    ],
)
def test_as_process_pool_executor(sandbox, chunksize, iterables):
    """The same results for the same arguments."""
    with ProcessPoolExecutor(1) as pool:
        expected = list(pool.map(slice, range(50), *iterables))
    found = sandbox.map(slice, range(50), *iterables, chunksize=chunksize)
    assert list(found) == expected


@pytest.mark.parametrize("chunksize", [0, -1])
def test_an_impossible_chunksize(sandbox, chunksize):
    """Refused at once, as are a timeout and what is not iterable."""
    with pytest.raises(ValueError, match="chunksize"):
        sandbox.map(abs, [1], chunksize=chunksize)
    with pytest.raises(ValueError, match="timeout"):
        sandbox.map(abs, [1], timeout=chunksize)
    with pytest.raises(TypeError):
        sandbox.map(abs, 1)


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize("place", [0, 1, 4, 5, 7])
def test_an_exception_is_raised_in_its_place(serializer, place):
    """With type, message and the guest's own traceback."""
    values = [str(n) for n in range(8)]
    values[place] = "not one"
    with Sandbox(serializer=serializer) as sandbox:
        found, error = take_all(sandbox.map(int, values, chunksize=3))
    assert found == list(range(place))
    assert isinstance(error, ValueError) and isinstance(error, RemoteError)
    assert "invalid literal" in error.message
    assert "_guest" not in error.traceback, error.traceback


def test_an_exception_that_steers(sandbox):
    """One that would end the caller's loop is a plain RemoteError."""
    raising = "raise StopIteration"
    found, error = take_all(sandbox.map(exec, ["1", raising], chunksize=2))
    assert found == [None]
    assert type(error) is RemoteError and error.type_name == "StopIteration"


def test_an_error_number_and_a_long_message(sandbox):
    """As in run(): an OSError has its errno, a message is cut."""
    _, error = take_all(sandbox.map(open, ["/no/such/file"]))
    assert isinstance(error, FileNotFoundError) and error.errno == 2
    _, error = take_all(
        sandbox.map(exec, ["raise ValueError('x' * 10**6 + '\\x1b')"])
    )
    assert isinstance(error, ValueError) and len(error.message) <= 1 << 17


def test_the_iterables_own_exception(sandbox):
    """In its place too, after what came before it was called."""

    def rows():
        yield from range(5)
        raise LookupError("no more")

    found, error = take_all(sandbox.map(operator.neg, rows(), chunksize=3))
    assert found == [0, -1, -2, -3, -4]
    assert type(error) is LookupError


def test_an_argument_that_cannot_be_sent(sandbox):
    """The chunks before it are answered."""
    values = [1, 2, 3, threading.Lock(), 5]
    found, error = take_all(sandbox.map(bool, values, chunksize=2))
    assert found == [True, True]
    assert isinstance(error, SerializationError)


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_result_that_cannot_be_sent(serializer):
    """It has the place of its row; the type is named."""
    values = ["1", "2", "__import__('select').poll()", "1 // 0"]
    with Sandbox(serializer=serializer) as sandbox:
        found, error = take_all(sandbox.map(eval, values, chunksize=4))
    assert found == [1, 2]
    assert type(error) is SerializationError, error
    assert "poll" in str(error) and serializer in str(error)


def test_what_concerns_a_chunk_has_the_place_of_its_first_row():
    """A refused type, a time limit, a death, a long result."""
    unsafe = "__import__('ipaddress').ip_address('::1')"
    endless = "[1 for _ in iter(int, 1)]"
    death = "__import__('os')._exit(3)"
    for last, kind in (
        (unsafe, UnsafeResultError),
        (endless, CallTimeout),
        (death, WorkerDied),
        ("'x' * 2000", LimitExceeded),
    ):
        with Sandbox(timeout=1, limits=Limits(result=1000)) as sandbox:
            values = ["0", "1", "2", last, "4"]
            found, error = take_all(sandbox.map(eval, values, chunksize=2))
        assert found == [0, 1]
        assert type(error) is kind, error


def test_the_timeout_is_for_each_chunk(sandbox):
    """Not for all of them together."""
    rows = [0.3] * 2 * IN_FLIGHT
    assert list(sandbox.map(time.sleep, rows, timeout=20)) == [None] * len(
        rows
    )
    with pytest.raises(CallTimeout):
        list(sandbox.map(time.sleep, [0.3] * 4, chunksize=4, timeout=0.5))


def test_output_is_forwarded(sandbox):
    """Whatever the chunks print, on the caller's stream."""
    target = io.StringIO()
    with redirect_stdout(target):
        assert list(sandbox.map(print, "abc")) == [None] * 3
    assert sorted(target.getvalue().split()) == ["a", "b", "c"]


def test_large_results(sandbox):
    """A megabyte each, more than a socket holds."""
    sizes = [1 << 20] * 12
    found = list(sandbox.map(bytes, sizes, chunksize=2))
    assert list(map(len, found)) == sizes


def test_arrays(sandbox):
    """What a result can be, a chunk's results can be."""
    numpy = pytest.importorskip("numpy")
    found = list(sandbox.map(numpy.arange, range(5), chunksize=2))
    assert [list(array) for array in found] == [
        list(range(n)) for n in range(5)
    ]


def test_a_forged_answer(sandbox):
    """More values than rows; the control is the same guest that adds none."""
    guest = """
import sys
frame = sys._getframe()
while "done" not in frame.f_locals:
    frame = frame.f_back
for value in [{values}]:
    frame.f_locals["done"](value)
"""
    honest, forged = guest.format(values=""), guest.format(values="1")
    found, error = take_all(sandbox.map(exec, [honest] * 2, chunksize=2))
    assert (found, error) == ([None] * 2, None)
    found, error = take_all(sandbox.map(exec, [forged] * 2, chunksize=2))
    assert found == [] and type(error) is ProtocolError


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [[1, 2], None],
        [[1, 2, 3, 4], None],
        [(1, 2, 3), None],
        ([1, 2, 3], None),
        [[1, 2, 3], None, None],
        [[1, 2, 3], ["ValueError", "", "", ""]],
        [[1], ["ValueError", "", ""]],
        [[1], ["ValueError", "", "", "x"]],
        [[1], ["ValueError", "", "", "9" * 5000]],
        [[1], ["ValueError", "", "", 1]],
        [[1], []],
        [[1], {}],
    ],
)
def test_answers_that_are_no_chunks(answer):
    """Every one is a ProtocolError, of the few shapes that there are."""
    explained: list[object] = []
    settings = SimpleNamespace(serializer="pickle", explain=explained.append)
    _, (error,) = split(answer, 3, settings)
    assert type(error) is ProtocolError
    assert split([[1, 2, 3], None], 3, settings) == ([1, 2, 3], [])
    assert explained == []


def test_what_a_row_raised_is_explained():
    """For whoever has the chunk made: threads, a loop, an executor."""
    explained: list[object] = []
    settings = SimpleNamespace(serializer="pickle", explain=explained.append)
    texts = ["KeyError", "x", "", "KeyError LookupError Exception", "(0"]
    done, (error,) = split([[1], texts], 3, settings)
    assert done == [1] and explained == [error]
    assert isinstance(error, KeyError)
