"""DataFrames and Series of pandas, built from the pieces of a guest.

A stream names ``boxed._guest.pandas_frames.DataFrame``; for
``allow=[pandas.DataFrame]`` the decoder runs the function of that name here.
It checks every piece and hands it to a public constructor of pandas.  Nothing
in the stream is ever called, and no text of it reaches a parser or an
expression.

Each piece is weighed before anything is made of it, each time that it comes:
a stream can name one array, or a range of any length, in a few bytes.  A guest
has this file too, and nothing else that it could import of the package.
"""

from __future__ import annotations

import datetime
import sys
import time

from boxed._wire.frame_pieces import KINDS, SCALARS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Piece = tuple[Any, ...]

#: Categories, or labels of a level, that may come unsorted.  pandas looks for
#: equal ones with a hash that has no secret, so the work can be its square.
MOST_UNSORTED = 4096
#: Work that weighs as much as a byte: comparing labels.
UNSORTED_WORK = 4
#: Levels of a MultiIndex.
MOST_LEVELS = 256
# In bytes: what pandas makes of a piece, however small.
_PIECE = 1024
# A cell: its place in an array, and in the two copies that are made meanwhile.
_CELL = 24
# Of an array: what is made of it, and what it is made from meanwhile.
_COPIES = 3
_INT64 = range(-(2**63), 2**63)


class TookTooLong(Exception):
    """The deadline passed between two pieces."""


class Budget:
    """What a frame may still take.

    :param left: in bytes.
    :param deadline: in seconds of ``time.monotonic()``; the decoder's own is
        not looked at while a frame is built.
    """

    def __init__(self, left: int, deadline: float | None = None) -> None:
        self._whole = self._left = left
        self._deadline = deadline

    @property
    def taken(self) -> int:
        """What was taken so far, in bytes."""
        return self._whole - self._left

    def take(self, count: int) -> None:
        """Before so many bytes are allocated.

        :raises MemoryError: there is no room for them.
        :raises TookTooLong: the deadline passed.
        """
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise TookTooLong
        self._left -= count
        if self._left < 0:
            raise MemoryError


def builders(cls: type) -> dict[str, Callable[..., Any]]:
    """The functions for a class that the caller allows, by name.

    :returns: nothing for a class that does not travel in pieces.  Each takes a
        :class:`Budget` and the pieces.
    """
    pandas: Any = sys.modules.get("pandas")
    for made in (DataFrame, Series) if pandas is not None else ():
        if cls is getattr(pandas, made.__name__):
            own = f"{cls.__module__}:{cls.__qualname__}"
            return {
                f"boxed._guest.pandas_frames:{made.__name__}": made,
                own: _not_in_pieces,
            }
    return {}


def _not_in_pieces(*_: object) -> Any:
    """Stands for the class itself, so that its refusal says why."""
    raise ValueError("not in pieces")


def DataFrame(
    budget: Budget, labels: Piece, index: Piece, arrays: list[Piece]
) -> Any:
    """A frame: its labels, and a piece for each column.

    :raises ValueError: a piece is not as it must be.
    :raises MemoryError: there is no room for it.
    :raises TookTooLong: the deadline passed.
    """
    pandas: Any = sys.modules["pandas"]
    _expect(type(arrays) is list)
    budget.take(_PIECE * len(arrays))
    rows, header = _make_index(budget, index), _make_index(budget, labels)
    _expect(len(header) == len(arrays))
    if not arrays:
        # No column says that there are so many.
        budget.take(_CELL * len(rows))
    columns = {}
    for number, piece in enumerate(arrays):
        columns[number] = _make_column(budget, piece, rows)
    frame = pandas.DataFrame(columns, index=rows, copy=True)
    frame.columns = header
    return frame


def _make_column(budget: Budget, piece: Piece, rows: Any) -> Any:
    array = _make_array(budget, piece)
    _expect(len(array) == len(rows))
    if array.dtype != object:
        return array
    # With a dtype of its own, a column of texts as objects stays objects; of
    # the frame's own index, nothing is looked up in it.
    pandas: Any = sys.modules["pandas"]
    return pandas.Series(array, index=rows, dtype=object)


def Series(budget: Budget, values: Piece, index: Piece, name: object) -> Any:
    """A series: a piece for its values, its labels and its name.

    :raises: as :func:`DataFrame`.
    """
    pandas: Any = sys.modules["pandas"]
    array, labels = _make_array(budget, values), _make_index(budget, index)
    _expect(len(array) == len(labels))
    return pandas.Series(
        array,
        index=labels,
        dtype=array.dtype,
        name=_label(budget, name),
        copy=True,
    )


def _expect(good: bool) -> None:
    if not good:
        raise ValueError("a piece of a frame is not as it must be")


def _parts(piece: object, count: int) -> Piece:
    if type(piece) is not tuple or len(piece) != count:
        raise ValueError("a piece of a frame is not as it must be")
    return piece


def _label(budget: Budget, label: object) -> object:
    parts = label if type(label) is tuple else (label,)
    budget.take(_CELL * len(parts))
    _expect(SCALARS.issuperset(map(type, parts)))
    return label


def _numpy(budget: Budget, array: Any, kinds: str, beside: int = 0) -> Any:
    """An array of those kinds, weighed with so many bytes beside each item."""
    numpy: Any = sys.modules["numpy"]
    _expect(type(array) is numpy.ndarray and array.ndim == 1)
    _expect(array.dtype.kind in kinds and array.dtype.isnative)
    budget.take(_PIECE + _COPIES * len(array) * (array.itemsize + beside))
    return array


def _objects(budget: Budget, cells: object, types: frozenset[type]) -> Any:
    if type(cells) is not list:
        raise ValueError("the cells of a frame are no list")
    budget.take(_PIECE + _CELL * len(cells))
    if not types.issuperset(map(type, cells)):
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


def _make_array(budget: Budget, piece: Piece) -> Any:
    return _chosen(_ARRAYS, piece)(budget, piece)


def _make_numpy(budget: Budget, piece: Piece) -> Any:
    return _numpy(budget, _parts(piece, 2)[1], KINDS)


def _make_objects(budget: Budget, piece: Piece) -> Any:
    return _objects(budget, _parts(piece, 2)[1], SCALARS)


def _make_text(budget: Budget, piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, missing, cells = _parts(piece, 3)
    texts = _objects(budget, cells, frozenset((str, type(None))))
    _expect(type(missing) is str and missing in ("NA", "nan"))
    # Not the kind that another library keeps: it would copy the same text as
    # often as it is referred to.
    if missing == "NA":
        dtype = pandas.StringDtype("python")
    else:
        dtype = pandas.StringDtype("python", na_value=float("nan"))
    return pandas.array(texts, dtype=dtype)


def _make_category(budget: Budget, piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, codes, categories, ordered = _parts(piece, 4)
    _expect(type(ordered) is bool)
    # Of categories no other are made, and of a MultiIndex none.
    _expect(_chosen(_LEVELS, categories) is not None)
    if categories[0] == "index":
        values = _parts(categories, 3)[1]
        _expect(_chosen(_ARRAYS, values) is not _make_category)
    made = _distinct(budget, _make_level(budget, categories))
    dtype = pandas.CategoricalDtype(made, ordered)
    return pandas.Categorical.from_codes(
        _codes(budget, codes, made), dtype=dtype
    )


def _codes(budget: Budget, codes: Any, labels: Any) -> Any:
    """Numbers of labels, of which pandas keeps the narrowest that fit."""
    widths = ((1 << 7, 1), (1 << 15, 2), (1 << 31, 4))
    width = next((w for most, w in widths if len(labels) < most), 8)
    return _numpy(budget, codes, "i", beside=width)


def _make_utc(budget: Budget, piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    naive = pandas.array(_numpy(budget, _parts(piece, 2)[1], "M"))
    return naive.tz_localize(datetime.timezone.utc)


def _make_masked(budget: Budget, piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, values, mask = _parts(piece, 3)
    values, mask = _numpy(budget, values, "biuf"), _numpy(budget, mask, "b")
    _expect(len(values) == len(mask))
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


def _make_index(budget: Budget, piece: Piece) -> Any:
    return _chosen(_INDEXES, piece)(budget, piece)


def _make_level(budget: Budget, piece: Piece) -> Any:
    """Labels that pandas will have in full, a range too."""
    made = _chosen(_LEVELS, piece)(budget, piece)
    if piece[0] == "range":
        budget.take(_CELL * len(made))
    return made


def _make_range(budget: Budget, piece: Piece) -> Any:
    _, start, stop, step, name = _parts(piece, 5)
    for bound in (start, stop, step):
        _expect(type(bound) is int and bound in _INT64)
    # It takes nothing as long as it is a range; no more than an array has.
    _expect(step != 0 and len(range(start, stop, step)) >= 0)
    budget.take(_PIECE)
    pandas: Any = sys.modules["pandas"]
    return pandas.RangeIndex(start, stop, step, name=_label(budget, name))


def _make_plain_index(budget: Budget, piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, values, name = _parts(piece, 3)
    array = _make_array(budget, values)
    return pandas.Index(
        array, dtype=array.dtype, name=_label(budget, name), copy=True
    )


def _make_multi(budget: Budget, piece: Piece) -> Any:
    pandas: Any = sys.modules["pandas"]
    _, levels, codes, names = _parts(piece, 4)
    _expect({tuple}.issuperset(map(type, (levels, codes, names))))
    _expect(len(levels) == len(codes) == len(names) <= MOST_LEVELS)
    made = [_distinct(budget, _make_level(budget, level)) for level in levels]
    return pandas.MultiIndex(
        levels=made,
        codes=[_codes(budget, *pair) for pair in zip(codes, made)],
        names=[_label(budget, name) for name in names],
    )


def _distinct(budget: Budget, labels: Any) -> Any:
    """Labels that pandas will find distinct in little time."""
    if labels.dtype.kind == "O":
        # Two equal ones, in turns, are read to their ends by each comparison.
        budget.take(sum(map(sys.getsizeof, labels.tolist())))
    # Sorted and distinct, as pandas makes most of them, is seen in one pass,
    # and an Index that has seen it of itself does not ask its hash.
    if labels.is_monotonic_increasing and labels.is_unique:
        return labels
    _expect(len(labels) <= MOST_UNSORTED)
    budget.take(len(labels) ** 2 // UNSORTED_WORK)
    return labels


_LEVELS = {"range": _make_range, "index": _make_plain_index}
_INDEXES = {**_LEVELS, "multi": _make_multi}
