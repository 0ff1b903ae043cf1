"""Whatever a guest tells as an exception is one, or is refused."""

from __future__ import annotations

import codecs
import contextlib
import pickle
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxed import RemoteError
from boxed._answers.remote_errors import error_from_texts
from boxed._answers.text import unpack
from boxed._guest.exceptions import KNOWN, exception_texts, pack
from boxed._wire.exception_format import FIELDS, MAX_MORE

pytestmark = pytest.mark.fast

ATTRIBUTES = {name for names in FIELDS.values() for name in names}

told_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(told_values, max_size=4))
def test_plain_args_arrive_equal(args):
    """Through telling, packing, escaping and reading."""
    texts = exception_texts(ValueError(*args), ())
    error = error_from_texts(unpack(pack(texts), 4, MAX_MORE))
    depth = str(args).count("[") + str(args).count("(")
    if depth <= 6:
        assert error.args == tuple(args)


words = st.sampled_from(
    [
        *("(0", "(1", "(9999999", "[2", "n", "b1", "i5", "i" + "9" * 5000),
        *(
            "f1.5",
            "fnan",
            "f1e999",
            "s",
            "sx",
            "y00",
            "yz",
            "",
            "#n",
            "=",
            "x",
        ),
        *(f"={name}" for name in sorted(ATTRIBUTES)),
        *("i-1", "i99999999999999999999", "sutf-8", "y616263", "=args"),
        *("=__class__", "=__traceback__", "(-1", "i1_0", "(\u0661"),
    ]
)
bases = st.lists(
    st.sampled_from([*(one.__name__ for one in KNOWN), "Odd", "object"]),
    max_size=3,
).map(" ".join)


@settings(max_examples=1000, deadline=None)
@given(bases, st.lists(words, max_size=12))
def test_whatever_a_guest_tells(names, rest):
    """It is a RemoteError, which can be printed, pickled and handled, or is
    refused."""
    try:
        error = error_from_texts(["E", "message", "trace", names, *rest])
    except ValueError:
        return
    assert isinstance(error, RemoteError)
    assert not isinstance(error, (StopIteration, Warning))
    assert isinstance(error, Exception)
    assert str(error)
    assert "E" in repr(error)
    assert traceback.format_exception(type(error), error, None)
    again = pickle.loads(pickle.dumps(error))
    assert repr(again) == repr(error)
    assert vars(again).keys() == vars(error).keys()
    if isinstance(error, UnicodeError):
        with contextlib.suppress(TypeError, UnicodeError):
            codecs.lookup_error("replace")(error)
