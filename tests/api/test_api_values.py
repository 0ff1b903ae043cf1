"""The public interface, called in this process: arguments and results."""

from __future__ import annotations

import pickle
from copy import copy as identity

import numpy
import pytest

from boxed import LimitExceeded, Limits, Sandbox, UnsafeResultError, run

SERIALIZERS = ("pickle", "json", "cloudpickle", "dill")
CAP = 64 << 20


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_arguments_and_keywords(serializer):
    """Positional and keyword arguments arrive."""
    assert run(round, (2.567, 2), serializer=serializer) == 2.57
    value = run(int, ("ff",), {"base": 16}, serializer=serializer)
    assert value == 255


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 2**70, 0.5, "", "h\u00e9", [], [1, [2]], {}]
)
def test_plain_values_return_equal(serializer, value):
    """JSON's types come back equal and of the same type by any serializer."""
    result = run(identity, (value,), serializer=serializer)
    assert result == value and type(result) is type(value)


@pytest.mark.parametrize("serializer", ("pickle", "cloudpickle", "dill"))
@pytest.mark.parametrize(
    "value",
    [
        (1, (2,)),
        {1, 2},
        frozenset({3}),
        b"b",
        bytearray(b"a"),
        {1: "a", (2, 3): None},
        1 + 2j,
    ],
)
def test_builtin_containers_return_equal(serializer, value):
    """The pickle family brings Python's own containers back."""
    result = run(identity, (value,), serializer=serializer)
    assert result == value and type(result) is type(value)


def test_an_unsafe_result_is_named():
    """A type outside the table is refused by name; nothing of it runs."""
    with pytest.raises(UnsafeResultError) as caught:
        run(eval, ("__import__('ipaddress').IPv4Address('1.2.3.4')",))
    assert caught.value.type_name == "ipaddress.IPv4Address"
    assert "allow" in str(caught.value)


def test_trust_result_reads_what_it_is_told_to():
    """The serializer's own loads is used only when asked for."""
    source = "__import__('ipaddress').IPv4Address('1.2.3.4')"
    value = run(eval, (source,), trust_result=True)
    assert str(value) == "1.2.3.4"


def test_a_hostile_pickle_runs_nothing(tmp_path):
    """A __reduce__ in the result is refused (control: trusted, it runs)."""
    canary = tmp_path / "canary"
    source = (
        "type('Evil', (), {'__reduce__': lambda self:"
        f" (__import__('os').mkdir, ({str(canary)!r},))}})()"
    )
    with pytest.raises(UnsafeResultError):
        run(eval, (source,))
    assert not canary.exists()
    run(eval, (source,), trust_result=True)
    assert canary.exists()


@pytest.mark.parametrize("size", [CAP - 4096, CAP])
def test_results_up_to_the_cap(size):
    """A result whose bytes just fit comes back; one more is refused."""
    overhead = len(pickle.dumps(bytes(CAP - 4096), 5)) - (CAP - 4096)
    count = min(size, CAP - overhead)
    assert len(run(bytes, (count,))) == count


def test_a_result_over_the_cap():
    """LimitExceeded says which limit, and the sandbox goes on working."""
    overhead = len(pickle.dumps(bytes(CAP - 4096), 5)) - (CAP - 4096)
    with pytest.raises(LimitExceeded) as caught:
        run(bytes, (CAP - overhead + 1,))
    assert caught.value.resource == "result"
    assert run(abs, (-1,)) == 1


def test_arguments_up_to_the_cap():
    """As for results, in the other direction."""
    empty = len(pickle.dumps((len, (bytes(CAP - 4096),), {}), 5))
    fits = CAP - 4096 + (CAP - empty)
    assert run(len, (bytes(fits),)) == fits
    with pytest.raises(LimitExceeded) as caught:
        run(len, (bytes(fits + 1),))
    assert caught.value.resource == "request"


def test_arguments_up_to_a_limit():
    """It counts arrays and other buffers too, and nothing runs beyond it."""
    limits = Limits(request="2M")
    assert run(len, (bytes(2_000_000),), limits=limits) == 2_000_000
    for argument in (bytes(2 << 20), numpy.zeros(2 << 20, "u1")):
        with pytest.raises(LimitExceeded, match=r"Limits\(request=") as caught:
            run(len, (argument,), limits=limits)
        assert caught.value.resource == "request"
    with Sandbox(limits=Limits(request=1000)) as sandbox:
        assert sandbox.run(len, (bytes(900),)) == 900
        assert list(sandbox.map(abs, range(100), chunksize=100))
        for call in (
            lambda: sandbox.run(len, (bytes(1000),)),
            lambda: list(
                sandbox.map(len, [bytes(500), b"1" * 501], chunksize=2)
            ),
        ):
            with pytest.raises(LimitExceeded):
                call()


@pytest.mark.parametrize(
    "option", ["imports", "read", "write", "allow", "allow_setstate"]
)
@pytest.mark.parametrize("value", [None, 0])
def test_empty_values_are_checked_too(option, value):
    """What is no list is refused, be it empty; an empty list is none."""
    run(abs, (-1,))
    with pytest.raises(TypeError):
        run(abs, (-1,), **{option: value})
    assert run(abs, (-1,), **{option: []}) == 1
