"""DataFrames and Series of pandas, sent in pieces and built from them.

What pandas itself pickles is a tree of its private classes and functions,
different in each version.  In its place the guest sends plain pieces: numpy
arrays, lists of scalars, texts.  The functions here that are named as the
classes are what a stream calls; the caller's decoder runs them only for
``allow=[pandas.DataFrame]``.  They check every piece and hand it to a public
constructor of pandas.

Nothing in the stream is ever called, and no text of it reaches a parser or
an expression.  The first half runs in the guest, the second in the caller;
this file must not import the rest of the package, which the guest does not
have.
"""

from __future__ import annotations

import datetime
import decimal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Piece = tuple[Any, ...]

#: What a cell of an object column, a label or a name may be, exactly.
SCALARS = frozenset(
    (
        *(type(None), bool, int, float, complex, str, bytes),
        *(datetime.date, datetime.datetime, datetime.time),
        *(datetime.timedelta, decimal.Decimal),
    )
)
#: Kinds of numpy types: bool, numbers, timedelta64 and datetime64.
KINDS = "biufcmM"
#: Categories, or labels of a level, that may come unsorted.  pandas looks for
#: equal ones with a hash that has no secret, so the work can be its square.
MOST_UNSORTED = 4096


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


def builders(cls: type) -> dict[str, Callable[..., Any]]:
    """The decoder's builders for a class that the caller allows.

    :returns: nothing for a class that does not travel in pieces.
    """
    pandas: Any = sys.modules.get("pandas")
    for made in (DataFrame, Series) if pandas is not None else ():
        if cls is getattr(pandas, made.__name__):
            own = f"{cls.__module__}:{cls.__qualname__}"
            return {f"{__name__}:{made.__name__}": made, own: _not_in_pieces}
    return {}


def _not_in_pieces(*_: object, deadline: float | None = None) -> Any:
    """Stands for the class itself, so that its refusal says why."""
    raise ValueError("not in pieces")


class TookTooLong(Exception):
    """The deadline passed between two columns."""


def DataFrame(
    labels: Piece,
    index: Piece,
    arrays: list[Piece],
    *,
    deadline: float | None = None,
) -> Any:
    """A frame: its labels, and a piece for each column.

    :param deadline: in seconds of ``time.monotonic()``; the decoder's own is
        not looked at while this runs.

    :raises ValueError: a piece is not as it must be.
    :raises TookTooLong: the deadline passed.
    """
    pandas: Any = sys.modules["pandas"]
    _expect(type(arrays) is list)
    rows, header = _make_index(index), _make_index(labels)
    _expect(len(header) == len(arrays))
    columns = {}
    for number, piece in enumerate(arrays):
        if deadline is not None and time.monotonic() > deadline:
            raise TookTooLong
        columns[number] = _make_column(piece, rows)
    frame = pandas.DataFrame(columns, index=rows, copy=True)
    frame.columns = header
    return frame


def _make_column(piece: Piece, rows: Any) -> Any:
    array = _make_array(piece)
    _expect(len(array) == len(rows))
    if array.dtype != object:
        return array
    # With a dtype of its own, a column of texts as objects stays objects; of
    # the frame's own index, nothing is looked up in it.
    pandas: Any = sys.modules["pandas"]
    return pandas.Series(array, index=rows, dtype=object)


def Series(
    values: Piece,
    index: Piece,
    name: object,
    *,
    deadline: float | None = None,
) -> Any:
    """A series: a piece for its values, its labels and its name.

    :param deadline: as of a frame, for symmetry: a series is made at once.

    :raises ValueError: a piece is not as it must be.
    """
    pandas: Any = sys.modules["pandas"]
    array, labels = _make_array(values), _make_index(index)
    _expect(len(array) == len(labels))
    return pandas.Series(
        array,
        index=labels,
        dtype=array.dtype,
        name=_label(name),
        copy=True,
    )


def _expect(good: bool) -> None:
    if not good:
        raise ValueError("a piece of a frame is not as it must be")


def _parts(piece: object, count: int) -> Piece:
    if type(piece) is not tuple or len(piece) != count:
        raise ValueError("a piece of a frame is not as it must be")
    return piece


def _label(label: object) -> object:
    parts = label if type(label) is tuple else (label,)
    _expect(SCALARS.issuperset(map(type, parts)))
    return label


def _numpy(array: Any, kinds: str) -> Any:
    numpy: Any = sys.modules["numpy"]
    _expect(type(array) is numpy.ndarray and array.ndim == 1)
    _expect(array.dtype.kind in kinds and array.dtype.isnative)
    return array


def _objects(cells: object, types: frozenset[type]) -> Any:
    if type(cells) is not list or not types.issuperset(map(type, cells)):
        raise ValueError("a cell of a frame is no scalar")
    array = sys.modules["numpy"].empty(len(cells), object)
    array[:] = cells
    return array


def _chosen(table: dict[str, Any], piece: object) -> Any:
    """What the table has for the first word of a piece."""
    word = piece[0] if type(piece) is tuple and piece else None
    if type(word) is not str or word not in table:
        raise ValueError("a piece of a frame is unknown")
    return table[word]


def _make_array(piece: Piece) -> Any:
    return _chosen(_ARRAYS, piece)(piece)


def _make_numpy(piece: Piece) -> Any:
    return _numpy(_parts(piece, 2)[1], KINDS)


def _make_objects(piece: Piece) -> Any:
    return _objects(_parts(piece, 2)[1], SCALARS)


def _make_text(piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, missing, cells = _parts(piece, 3)
    texts = _objects(cells, frozenset((str, type(None))))
    _expect(type(missing) is str and missing in ("NA", "nan"))
    # Not the kind that another library keeps: it would copy the same text as
    # often as it is referred to.
    if missing == "NA":
        dtype = pandas.StringDtype("python")
    else:
        dtype = pandas.StringDtype("python", na_value=float("nan"))
    return pandas.array(texts, dtype=dtype)


def _make_category(piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, codes, categories, ordered = _parts(piece, 4)
    _expect(type(ordered) is bool)
    made = _distinct(_make_index(categories))
    dtype = pandas.CategoricalDtype(made, ordered)
    return pandas.Categorical.from_codes(_numpy(codes, "i"), dtype=dtype)


def _make_utc(piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    naive = pandas.array(_numpy(_parts(piece, 2)[1], "M"))
    return naive.tz_localize(datetime.timezone.utc)


def _make_masked(piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, values, mask = _parts(piece, 3)
    _expect(len(_numpy(values, "biuf")) == len(_numpy(mask, "b")))
    kinds = {
        "b": pandas.arrays.BooleanArray,
        "f": pandas.arrays.FloatingArray,
    }
    made = kinds.get(values.dtype.kind, pandas.arrays.IntegerArray)
    return made(values, mask, copy=True)


_ARRAYS = {
    "numpy": _make_numpy,
    "object": _make_objects,
    "text": _make_text,
    "category": _make_category,
    "utc": _make_utc,
    "masked": _make_masked,
}


def _make_index(piece: Piece) -> Any:
    return _chosen(_INDEXES, piece)(piece)


def _make_range(piece: Piece) -> Any:
    _, start, stop, step, name = _parts(piece, 5)
    _expect({int}.issuperset(map(type, (start, stop, step))))
    pandas: Any = sys.modules["pandas"]
    return pandas.RangeIndex(start, stop, step, name=_label(name))


def _make_plain_index(piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, values, name = _parts(piece, 3)
    array = _make_array(values)
    return pandas.Index(array, dtype=array.dtype, name=_label(name), copy=True)


def _make_multi(piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, levels, codes, names = _parts(piece, 4)
    _expect({tuple}.issuperset(map(type, (levels, codes, names))))
    return pandas.MultiIndex(
        levels=[_distinct(_make_index(level)) for level in levels],
        codes=[_numpy(code, "i") for code in codes],
        names=[_label(name) for name in names],
    )


def _distinct(labels: Any) -> Any:
    """Labels that pandas will find distinct in little time."""
    # Sorted and distinct, as pandas makes most of them, is seen in one pass,
    # and an Index that has seen it of itself does not ask its hash.
    if not (labels.is_monotonic_increasing and labels.is_unique):
        _expect(len(labels) <= MOST_UNSORTED)
    return labels


_INDEXES = {
    "range": _make_range,
    "index": _make_plain_index,
    "multi": _make_multi,
}
