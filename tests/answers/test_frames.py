"""DataFrames and Series of pandas: what comes back, and what does not."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from damage import damaged
from decoder_values import PICKLERS, PROTOCOLS
from frames import BOTH, FRAMES, read, taught  # noqa: F401
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from pandas.testing import assert_frame_equal, assert_series_equal

from boxed import SerializationError, UnsafeResultError, run
from boxed._answers.value import Reading

pytestmark = pytest.mark.fast

OPTIONS = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],
)


def same_frame(left, right):
    assert type(right) is pd.DataFrame
    assert_frame_equal(left, right, check_freq=False)
    assert left.dtypes.tolist() == right.dtypes.tolist()
    for axis in ("index", "columns"):
        one, other = getattr(left, axis), getattr(right, axis)
        assert type(one) is type(other) and one.dtype == other.dtype
        assert list(one.names) == list(other.names)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("pickler", PICKLERS)
@pytest.mark.parametrize("kind", FRAMES)
def test_round_trip(kind, pickler, protocol):
    """Frames and their columns come back with values, dtypes and labels."""
    frame = FRAMES[kind]
    dumps = PICKLERS[pickler]
    same_frame(frame, read(dumps(frame, protocol)))
    for number in range(frame.shape[1]):
        column = frame.iloc[:, number]
        back = read(dumps(column, protocol))
        assert type(back) is pd.Series
        assert_series_equal(column, back, check_freq=False)


cells = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.dates()),
    *(st.text(max_size=5), st.binary(max_size=5)),
    st.decimals(allow_nan=False),
)
names = st.text(max_size=5) | st.integers() | st.none()
kinds = st.sampled_from(
    [
        *("i1", "u2", "i8", "f4", "f8", "c16", "?"),
        *("M8[s]", "M8[ns]", "m8[us]", "object"),
    ]
)


@st.composite
def any_frames(draw):
    """A frame of any supported columns, rows and labels."""
    rows = draw(st.sampled_from(PROTOCOLS))
    made = {}
    for number in range(draw(st.integers(0, 4))):
        kind = draw(kinds)
        elements = cells if kind == "object" else None
        array = draw(st_numpy.arrays(kind, rows, elements=elements))
        made[number] = pd.Series(array, dtype=array.dtype)
        if draw(st.booleans()) and kind == "object":
            made[number] = made[number].map(str).astype("category")
    frame = pd.DataFrame(made)
    labels = draw(st.lists(names, min_size=len(made), max_size=len(made)))
    frame.columns = pd.Index(labels, dtype=object, name=draw(names))
    if draw(st.booleans()):
        labels = draw(
            st.lists(cells, min_size=len(frame), max_size=len(frame))
        )
        frame.index = pd.Index(labels, dtype=object)
    return frame


@given(
    any_frames(), st.sampled_from(sorted(PICKLERS)), st.sampled_from(PROTOCOLS)
)
@OPTIONS
def test_any_frame_comes_back(frame, pickler, protocol):
    """Whatever its columns and labels are."""
    same_frame(frame, read(PICKLERS[pickler](frame, protocol)))


@given(any_frames(), st.sampled_from(PROTOCOLS), st.data())
@OPTIONS
def test_a_damaged_frame_is_refused_or_whole(frame, protocol, data):
    """Bytes changed, cut out or put in: never half a frame."""
    try:
        back = read(damaged(pickle.dumps(frame, protocol), data, 3))
    except SerializationError:
        return
    if isinstance(back, (pd.DataFrame, pd.Series)):
        assert len(back.to_numpy(object)) == len(back.index)


def test_frames_among_other_values():
    """In containers, and one referred to twice is one."""
    frame = FRAMES["texts"]
    back = read(pickle.dumps({"a": [frame, (frame, 1)]}))
    assert back["a"][0] is back["a"][1][0]
    same_frame(frame, back["a"][0])


def test_what_comes_back_is_its_own():
    """It can be written, and holds no part of the stream's memory."""
    frame = read(pickle.dumps(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})))
    frame.loc[0, "a"] = 5
    frame["c"] = frame["b"] + "!"
    assert frame.to_dict("list") == {
        "a": [5, 2],
        "b": ["x", "y"],
        "c": ["x!", "y!"],
    }


def test_only_what_was_allowed():
    """By default neither is; the error names the class of pandas."""
    frame, series = FRAMES["numbers"], pd.Series([1])
    for value, word in ((frame, "DataFrame"), (series, "Series")):
        with pytest.raises(UnsafeResultError) as caught:
            read(pickle.dumps(value), Reading())
        assert caught.value.type_name == f"pandas.{word}"
        assert f"pandas.{word} is not allowed" in str(caught.value)
    with pytest.raises(UnsafeResultError):
        read(pickle.dumps(frame), Reading(allow=[pd.Series]))
    with pytest.raises(UnsafeResultError):
        read(pickle.dumps(series), Reading(allow=[pd.DataFrame]))


def flagged():
    frame = pd.DataFrame({"a": [1]})
    return frame.set_flags(allows_duplicate_labels=False)


def with_attributes():
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["source"] = "guest"
    return frame


class OwnFrame(pd.DataFrame):
    pass


REFUSED = {
    "a list in a cell": pd.DataFrame({"a": pd.Series([[1]], dtype=object)}),
    "an object in a cell": pd.Series([object()], dtype=object),
    "a frame in a cell": pd.Series([pd.DataFrame()], dtype=object),
    "a Timestamp in a cell": pd.Series([pd.Timestamp("2024")], dtype=object),
    "periods": pd.Series(pd.period_range("2024", periods=2, freq="D")),
    "intervals": pd.Series(pd.interval_range(0, 2)),
    "sparse": pd.Series([0, 1], dtype="Sparse[int]"),
    "a time zone": pd.Series(
        pd.date_range("2024", periods=2, tz="Asia/Tokyo")
    ),
    "an index of tuples": pd.Series(
        [1], index=pd.Index([(1, 2)], tupleize_cols=False)
    ),
    "a name that is an object": pd.Series([1], name=frozenset([1])),
    "flags": flagged(),
    "attributes": with_attributes(),
    "a subclass": OwnFrame({"a": [1]}),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_does_not_come_back(kind):
    """A clear error, in place of half a frame; pandas could read it."""
    data = pickle.dumps(REFUSED[kind])
    assert pickle.loads(data) is not None
    with pytest.raises(UnsafeResultError) as caught:
        read(data)
    assert "pandas" in str(caught.value) or "OwnFrame" in str(caught.value)


def make_frame():
    return FRAMES["texts"]


def make_periods():
    return REFUSED["periods"]


@pytest.mark.slow
@pytest.mark.parametrize("serializer", ["pickle", "cloudpickle", "dill"])
def test_from_a_guest(serializer):
    """The same through a sandbox, whose pickler is taught by itself."""
    options = {"serializer": serializer, "timeout": 50}
    frame = run(make_frame, allow=[pd.DataFrame], **options)
    same_frame(FRAMES["texts"], frame)
    with pytest.raises(UnsafeResultError, match=r"pandas\.DataFrame"):
        run(make_frame, **options)
    with pytest.raises(UnsafeResultError, match="not sent in a result"):
        run(make_periods, allow=[pd.Series], **options)
    for function, value in (
        (make_frame, FRAMES["texts"]),
        (make_periods, REFUSED["periods"]),
    ):
        back = run(function, trust_result=True, **options)
        assert back.equals(value)


def make_large():
    numbers = np.arange(300_000)
    return pd.DataFrame(
        {"a": numbers, "b": numbers / 3, "c": numbers % 2 == 0}
    )


@pytest.mark.slow
def test_a_large_frame_from_a_guest():
    """Its arrays come beside the stream, in sealed memory."""
    frame = run(make_large, allow=[pd.DataFrame], timeout=50)
    same_frame(make_large(), frame)
    frame.loc[0, "a"] = 5
    assert frame.loc[0, "a"] == 5
