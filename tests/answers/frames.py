"""Frames that come back, and how the tests of them read streams."""

from __future__ import annotations

import copyreg
import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from boxed._answers.value import Reading, decode
from boxed._guest import pandas_frames

BOTH = Reading(allow=[pd.DataFrame, pd.Series])

FRAMES = {
    "numbers": pd.DataFrame(
        {
            "int": [1, 2, 3],
            "float": [1.5, None, float("inf")],
            "bool": [True, False, True],
            "small": np.array([1, -2, 3], "i1"),
            "large": np.array([1, 2, 2**63], "u8"),
            "single": np.array([1, 2, 3], "f4"),
            "complex": [1j, 2, 3],
        }
    ),
    "texts": pd.DataFrame(
        {
            "text": ["a", None, "é\U0001f600"],
            "nullable": pd.array(["a", None, ""], "string"),
            "objects": pd.Series(["a", None, "lone \ud800"], dtype=object),
        }
    ),
    "objects": pd.DataFrame(
        {
            "mixed": pd.Series([1, 2.5, "a", b"b", None, True], dtype=object),
            "dates": pd.Series([datetime.date(2024, 1, 1)] * 6, dtype=object),
            "money": pd.Series([decimal.Decimal("1.5")] * 6, dtype=object),
        }
    ),
    "times": pd.DataFrame(
        {
            "time": pd.to_datetime(["2024-02-29 01:02:03.456", None]),
            "ns": np.array(["2024", "NaT"], "M8[ns]"),
            "s": np.array(["2024", "1066"], "M8[s]"),
            "delta": pd.to_timedelta([1, None], "s"),
            "utc": pd.date_range("2024", periods=2, tz="UTC"),
        }
    ),
    "categories": pd.DataFrame(
        {
            "text": pd.Categorical(["b", "a", None]),
            "ordered": pd.Categorical(
                ["low", "high", "low"], ["low", "mid", "high"], ordered=True
            ),
            "numbers": pd.Categorical([30, 10, 20]),
        }
    ),
    "masked": pd.DataFrame(
        {
            "int": pd.array([1, None], "Int64"),
            "uint": pd.array([1, None], "UInt8"),
            "float": pd.array([1.5, None], "Float32"),
            "bool": pd.array([True, None], "boolean"),
        }
    ),
    "named index": pd.DataFrame(
        {"a": [1, 2]}, index=pd.Index(["x", "y"], name="key")
    ),
    "float index": pd.DataFrame({"a": [1, 2]}, index=[0.5, 1.5]),
    "object index": pd.DataFrame(
        {"a": [1, 2]}, index=pd.Index([1, "b"], dtype=object)
    ),
    "range index": pd.DataFrame(
        {"a": [1, 2]}, index=pd.RangeIndex(5, 1, -2, name="r")
    ),
    "time index": pd.DataFrame(
        {"a": [1, 2]}, index=pd.to_datetime(["2024-01-01", "2024-03-01"])
    ),
    "delta index": pd.DataFrame(
        {"a": [1, 2]}, index=pd.to_timedelta([1, 5], "h")
    ),
    "category index": pd.DataFrame(
        {"a": [1, 2]}, index=pd.CategoricalIndex(["b", "a"], name="c")
    ),
    "levels": pd.DataFrame(
        np.arange(12).reshape(4, 3),
        index=pd.MultiIndex.from_product(
            [["b", "a"], [1, 2]], names=["x", None]
        ),
        columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
    ),
    "aggregated": pd.DataFrame({"k": list("aab"), "v": [1, 2, 3]})
    .groupby("k")
    .agg({"v": ["sum", "mean"]}),
    "equal names": pd.DataFrame(np.ones((2, 3)), columns=["a", "a", "b"]),
    "number names": pd.DataFrame(np.ones((2, 3)), columns=[3, 1, 2]),
    "nothing": pd.DataFrame(),
    "rows only": pd.DataFrame(index=[1, 2]),
    "columns only": pd.DataFrame(columns=["a", "b"]),
}


@pytest.fixture(autouse=True)
def taught(monkeypatch):
    """The picklers as the guest has them."""
    before = dict(copyreg.dispatch_table)
    pandas_frames.teach()
    yield
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(before)


def read(data, reading=BOTH, **options):
    return decode("pickle", data, reading, **options)
