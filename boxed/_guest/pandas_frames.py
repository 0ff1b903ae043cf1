"""DataFrames and Series of pandas, sent in pieces.

What pandas itself pickles is a tree of its private classes and functions,
different in each version.  In its place the guest sends plain pieces: numpy
arrays, lists of scalars, texts.  In the caller, _answers/frames.py makes
frames of them.
"""

from __future__ import annotations

import datetime
import sys

from boxed._wire.frame_pieces import KINDS, SCALARS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Piece = tuple[Any, ...]


class _Unsupported(Exception):
    """The value is not one of those that travel in pieces."""


def teach() -> None:
    """Have every pickler send what it can in pieces, and the rest as ever."""
    import copyreg

    pandas: Any = sys.modules["pandas"]
    copyreg.pickle(pandas.DataFrame, _reduce_frame)
    copyreg.pickle(pandas.Series, _reduce_series)


def _reduce_frame(frame: Any) -> Any:
    try:
        _check_extras(frame)
        columns = [_take_array(column) for _, column in frame.items()]
        pieces = (_take_index(frame.columns), _take_index(frame.index))
        return DataFrame, (*pieces, columns)
    except _Unsupported:
        return frame.__reduce_ex__(5)


def _reduce_series(series: Any) -> Any:
    try:
        _check_extras(series)
        index, name = _take_index(series.index), _take_label(series.name)
        return Series, (_take_array(series), index, name)
    except _Unsupported:
        return series.__reduce_ex__(5)


def _check_extras(value: Any) -> None:
    if value.attrs or not value.flags.allows_duplicate_labels:
        raise _Unsupported


def _take_label(label: object) -> object:
    """A name; what stands for a column of a MultiIndex holds numpy's ints."""
    parts = label if type(label) is tuple else (label,)
    plain = tuple(map(_unwrap, parts))
    if not SCALARS.issuperset(map(type, plain)):
        raise _Unsupported
    return plain if type(label) is tuple else plain[0]


def _unwrap(part: Any) -> object:
    is_number = getattr(getattr(part, "dtype", None), "kind", "") in tuple(
        "biuf"
    )
    return part.item() if is_number else part


def _take_index(index: Any) -> Piece:
    pandas: Any = sys.modules["pandas"]
    kind = type(index)
    if kind is pandas.MultiIndex:
        levels = tuple(map(_take_index, index.levels))
        names = tuple(map(_take_label, index.names))
        return "multi", levels, tuple(map(_contiguous, index.codes)), names
    name = _take_label(index.name)
    if kind is pandas.RangeIndex:
        return "range", index.start, index.stop, index.step, name
    known = (pandas.Index, pandas.DatetimeIndex, pandas.TimedeltaIndex)
    if kind not in (*known, pandas.CategoricalIndex):
        raise _Unsupported
    return "index", _take_array(index), name


def _contiguous(array: Any) -> Any:
    return sys.modules["numpy"].ascontiguousarray(array)


def _take_array(values: Any) -> Piece:
    """The piece for the values of a Series or an Index."""
    pandas: Any = sys.modules["pandas"]
    numpy: Any = sys.modules["numpy"]
    dtype = values.dtype
    if isinstance(dtype, numpy.dtype):
        return _take_numpy(values.to_numpy())
    if isinstance(dtype, pandas.StringDtype):
        missing = "NA" if _na_of(dtype) is pandas.NA else "nan"
        cells = values.array.to_numpy(object, na_value=None).tolist()
        return "text", missing, cells
    if isinstance(dtype, pandas.CategoricalDtype):
        array = values.array
        codes = _contiguous(array.codes)
        return "category", codes, _take_index(array.categories), array.ordered
    if isinstance(dtype, pandas.DatetimeTZDtype):
        if dtype.tz is not datetime.timezone.utc:
            raise _Unsupported
        naive = values.array.tz_localize(None)
        return "utc", _contiguous(naive.to_numpy())
    return _take_masked(values.array)


def _na_of(dtype: Any) -> object:
    # pandas 2 up to 2.2 has one kind of text only.
    return getattr(dtype, "na_value", sys.modules["pandas"].NA)


def _take_numpy(array: Any) -> Piece:
    if array.dtype.kind == "O":
        cells = array.tolist()
        if not SCALARS.issuperset(map(type, cells)):
            raise _Unsupported
        return "object", cells
    if array.dtype.kind not in KINDS or not array.dtype.isnative:
        raise _Unsupported
    return "numpy", _contiguous(array)


def _take_masked(array: Any) -> Piece:
    """Integers, floats and bools that can be missing: Int64 and its like."""
    pandas: Any = sys.modules["pandas"]
    masked = (pandas.arrays.IntegerArray, pandas.arrays.FloatingArray)
    if type(array) not in (*masked, pandas.arrays.BooleanArray):
        raise _Unsupported
    plain = array.dtype.numpy_dtype
    values = array.to_numpy(plain, na_value=plain.type(0))
    return "masked", values, _contiguous(array.isna())


def DataFrame(*pieces: object) -> Any:
    """What a stream names.  The caller's decoder has a function in its place;
    this one is for a guest that reads its own frames, or copies them.
    """
    return _build("DataFrame", pieces)


def Series(*pieces: object) -> Any:
    """The same for a series."""
    return _build("Series", pieces)


def _build(made: str, pieces: tuple[object, ...]) -> Any:
    built: Any = __import__("boxed._answers.frames", fromlist=["Budget"])
    return getattr(built, made)(built.Budget(sys.maxsize), *pieces)
