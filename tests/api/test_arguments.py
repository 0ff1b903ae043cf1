"""What a call takes beside its options: arguments, chunks, a timeout."""

from __future__ import annotations

import collections
import types

import numpy
import pytest
from option_values import NOT_COUNTS, NOT_SECONDS, NOT_WHOLE

from boxed import Sandbox, run
from boxed._policy import checks

pytestmark = pytest.mark.fast

NOT_ARGS = (
    *("ab", "", b"ab", bytearray(b"a"), memoryview(b"a"), {"a": 1}, {1, 2}),
    *(None, 5, iter([1]), numpy.arange(3), {}.keys()),
)
ARGS = ((), [-1], (-1,), collections.deque([-1]), collections.UserList([-1]))
NOT_KWARGS = (
    *([("x", 1)], [], (), "", 0, False, {"x"}, "x", {1: 2}, {b"x": 1}),
    *({"x": 1, None: 2}, iter({})),
)
KWARGS = (None, {}, {"x": 1}, types.MappingProxyType({"x": 1}))
NOT_CHUNKS = (*NOT_WHOLE, *NOT_COUNTS, 0)


@pytest.mark.parametrize("value", NOT_ARGS)
def test_arguments_that_are_none(value):
    """Text would be split, a set has no order, an array is one argument."""
    with pytest.raises(TypeError, match=r"^args= takes"):
        run(print, value)
    with Sandbox() as sandbox, pytest.raises(TypeError, match=r"^args="):
        sandbox.run(print, value)


@pytest.mark.parametrize("value", NOT_KWARGS)
def test_keywords_that_are_none(value):
    """Nothing is made of them that was not said."""
    with pytest.raises(TypeError, match=r"^kwargs= takes"):
        run(dict, (), value)
    with Sandbox() as sandbox, pytest.raises(TypeError, match=r"^kwargs="):
        sandbox.run(dict, (), value)


@pytest.mark.slow
def test_arguments_that_are():
    """The control of the two tests above."""
    for args in ARGS:
        assert checks.arguments(args, None) == (tuple(args), {})
        assert run(abs if args else dict, args) == (1 if args else {})
    for kwargs in KWARGS:
        assert run(dict, (), kwargs) == dict(kwargs or {})


@pytest.mark.parametrize("value", NOT_CHUNKS, ids=lambda _: "")
def test_chunks_that_are_none(value):
    """Before the first result is asked for."""
    with (
        Sandbox() as sandbox,
        pytest.raises((TypeError, ValueError), match=r"^chunksize="),
    ):
        sandbox.map(abs, [1], chunksize=value)


@pytest.mark.parametrize("value", NOT_SECONDS)
def test_timeouts_of_one_call(value):
    """As those of the Sandbox."""
    with Sandbox() as sandbox:
        for call in (sandbox.run, sandbox.map):
            with pytest.raises((TypeError, ValueError), match=r"^timeout="):
                call(abs, [-1], timeout=value)


def test_map_takes_iterables():
    """None at all, or a number, is refused at once."""
    with Sandbox() as sandbox:
        with pytest.raises(TypeError):
            sandbox.map(abs)
        with pytest.raises(TypeError):
            sandbox.map(abs, 5)
