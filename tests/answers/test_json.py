"""serializer='json': what is read of a result, and what is sent."""

from __future__ import annotations

import json
import math

import pytest
from damage import damaged
from hypothesis import given, settings
from hypothesis import strategies as st
from pickle_streams import PEAK, run_python

from boxed import SerializationError, run
from boxed._answers.value import Reading, decode
from boxed._calls.request import encode

pytestmark = pytest.mark.fast

READING = Reading()


def read(data):
    return decode("json", data, READING)


def refused(data):
    with pytest.raises(SerializationError) as caught:
        read(data)
    return str(caught.value)


def given_back(value):
    return value


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**4299), 10**4299)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=30),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
OPTIONS = settings(deadline=None, max_examples=300)


@given(values, st.booleans())
@OPTIONS
def test_what_was_dumped_comes_back(value, ascii_only):
    """Equal and of equal type, with text escaped or as it is."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        # A lone surrogate is JSON as an escape only.
        refused(text.encode("utf-8", "surrogatepass"))
        return
    back = read(data)
    assert back == value and repr(back) == repr(value)


def plain(value, depth=200):
    assert depth >= 0
    if type(value) is list:
        return all(plain(item, depth - 1) for item in value)
    if type(value) is dict:
        assert all(type(key) is str for key in value)
        return plain(list(value.values()), depth)
    if type(value) is float:
        return math.isfinite(value)
    return type(value) in (type(None), bool, int, str)


@given(values, st.data())
@OPTIONS
def test_a_damaged_text_is_plain_or_refused(value, data):
    """And never read in another way than by the standard library."""
    text = damaged(json.dumps(value).encode(), data)
    try:
        back = read(text)
    except SerializationError:
        return
    assert plain(back)
    assert repr(back) == repr(json.loads(text))


@pytest.mark.parametrize(
    "data",
    [
        *(b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"1e999", b"-1E+999"),
        *(b"[1e309]", b"1" * 310 + b".0", b"-" + b"9" * 400 + b".5"),
        b"2" + b"0" * 308 + b".0",
    ],
    ids=lambda data: data[:12].decode(),
)
def test_no_infinity_and_no_nan(data):
    """By name, or by a number that no float can hold."""
    assert not math.isfinite(next(iter(numbers(json.loads(data)))))
    assert "JSON" in refused(data)


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    return value if isinstance(value, list) else [value]


def test_large_numbers_that_are_floats():
    """What a float can hold is read as the standard library reads it."""
    for data in (b"1e308", b"1" * 308 + b".5", b"1e-999", b"5E-324", b"1e0"):
        assert read(data) == json.loads(data)
    assert read(b'["1e999", true, false, "3e"]') == [
        "1e999",
        True,
        False,
        "3e",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1, -math.inf]])
def test_no_infinity_and_no_nan_is_sent(value):
    """Neither as an argument nor by the guest's own serializer."""
    with pytest.raises(SerializationError, match="JSON"):
        encode("json", abs, (value,), {}, most=1 << 20)
    source = "float('inf')" if value == float("inf") else "float('nan')"
    with pytest.raises(SerializationError):
        run(eval, (source,), serializer="json")


def test_the_last_of_equal_keys_counts():
    """As with the standard library."""
    assert read(b'{"a": 1, "b": 2, "a": [3]}') == {"b": 2, "a": [3]}


@pytest.mark.slow
def test_lone_surrogates_travel_both_ways():
    """As escapes; as bytes they are no UTF-8."""
    text = "a\ud800b\udfff"
    assert run(given_back, (text,), serializer="json") == text
    assert run(given_back, ({text: [text]},), serializer="json") == {
        text: [text]
    }
    refused(b'"\xed\xa0\x80"')


def test_depth_and_digits_are_bounded_exactly():
    """Up to 200 levels and 4300 digits; brackets in a text do not count."""
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        read(opening * 199 + b"[]" + closing * 199)
        refused(opening * 200 + b"[]" + closing * 200)
    assert read(b"9" * 4300) == 10**4300 - 1
    refused(b"9" * 4301)
    refused(b"0." + b"1" * 4301)
    assert read(b'"' + b"[" * 300 + b"1" * 5000 + b'"')


def test_strict_utf_8():
    """No other encoding is guessed, no mark of the byte order skipped."""
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        data = '"a"'.encode(encoding)
        assert json.loads(data) == "a"
        refused(data)
    refused(b'"\xc0\x80"')
    refused(b'"\xff"')


FORMS = {
    "lists": b"[[]" + b",[]" * 700_000 + b"]",
    "dicts": b"[{}" + b",{}" * 700_000 + b"]",
    "dicts of one": b'[{"a":1}' + b',{"a":1}' * 260_000 + b"]",
    "keys": b"{" + b",".join(b'"%x":1' % i for i in range(240_000)) + b"}",
    "texts": b'["ab"' + b',"ab"' * 420_000 + b"]",
    "one wide text": b'"\xf0\x9f\x98\x80' + b"a" * 2_000_000 + b'"',
    "wide texts": b'["\xf0\x9f\x98\x80'
    + b'a","\xf0\x9f\x98\x80' * 300_000
    + b'"]',
    "floats": b"[.5".replace(b".", b"0.") + b",1.5" * 500_000 + b"]",
    "ints": b"[257" + b",257" * 500_000 + b"]",
}


@pytest.mark.parametrize("form", FORMS)
def test_memory_is_bounded(form):
    """The densest texts stay within what a pickle may take."""
    program = """
import sys
from boxed._answers.value import Reading, decode
data = sys.stdin.buffer.read()
decode("json", b"[1]", Reading())
forget_peak()
before = peak()
value = decode("json", data, Reading())
print(peak() - before)
"""
    done = run_python(PEAK + program, stdin=FORMS[form])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2**24 + 32 * len(FORMS[form])
