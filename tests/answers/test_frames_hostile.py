"""Frames of pandas as a guest may write them: refused, bounded, in time."""

from __future__ import annotations

import gc
import pickle
import time

import numpy as np
import pandas as pd
import pytest
from frames import BOTH, FRAMES, read, taught  # noqa: F401
from pandas.testing import assert_series_equal
from pickle_streams import HEAD, PEAK, call, name, run_python, text

from boxed import SerializationError, UnsafeResultError
from boxed._answers import frames
from boxed._answers.value import DecodingTimeout
from boxed._guest import pandas_frames

pytestmark = pytest.mark.fast

RANGE = ("range", 0, 1, 1, None)
ONE = ("numpy", np.ones(1))
CODES = np.zeros(1, "i1")
TEXTS = ("index", ("object", ["a"]), None)

GOOD = [
    ("Series", ONE, RANGE, None),
    ("DataFrame", RANGE, RANGE, [ONE]),
    ("Series", ("category", CODES, TEXTS, False), RANGE, None),
    ("Series", ONE, ("multi", (TEXTS,), (CODES,), (None,)), None),
]

BAD = [
    # not a piece at all
    *(("Series", piece, RANGE, None) for piece in (None, 1, "a", (), [])),
    *(("Series", ("eval", "1"), RANGE, None), ("Series", (1,), RANGE, None)),
    *(("Series", ("numpy",), RANGE, None), ("Series", ONE, RANGE)),
    *(("Series", ONE, ONE, None), ("Series", RANGE, RANGE, None)),
    # arrays
    ("Series", ("numpy", [1]), RANGE, None),
    ("Series", ("numpy", np.ones((1, 1))), RANGE, None),
    ("Series", ("numpy", np.ones(1, ">f8")), RANGE, None),
    ("Series", ("numpy", np.array(["a"])), RANGE, None),
    ("Series", ("numpy", np.zeros(1, [("a", "u1")])), RANGE, None),
    ("Series", ("numpy", np.ones(2)), RANGE, None),
    ("Series", ("object", (1,)), RANGE, None),
    ("Series", ("object", [[1]]), RANGE, None),
    ("Series", ("object", [(1,)]), RANGE, None),
    ("Series", ("object", [np.ones(1)]), RANGE, None),
    ("Series", ("object", "a"), RANGE, None),
    ("Series", ("text", "nan", [1]), RANGE, None),
    ("Series", ("text", "pyarrow", ["a"]), RANGE, None),
    ("Series", ("text", None, ["a"]), RANGE, None),
    ("Series", ("utc", np.ones(1)), RANGE, None),
    ("Series", ("masked", np.ones(1), np.ones(1)), RANGE, None),
    ("Series", ("masked", np.ones(1), np.zeros(2, "?")), RANGE, None),
    ("Series", ("masked", np.ones(1, "c8"), np.zeros(1, "?")), RANGE, None),
    # categories
    ("Series", ("category", CODES + 1, TEXTS, False), RANGE, None),
    ("Series", ("category", CODES - 2, TEXTS, False), RANGE, None),
    ("Series", ("category", np.ones(1), TEXTS, False), RANGE, None),
    ("Series", ("category", CODES, TEXTS, 1), RANGE, None),
    ("Series", ("category", CODES, ["a"], False), RANGE, None),
    (
        "Series",
        ("category", CODES, ("index", ("object", ["a", "a"]), None), False),
        *(RANGE, None),
    ),
    # labels
    ("Series", ONE, RANGE, [1]),
    ("Series", ONE, RANGE, ((1, 2), 3)),
    ("Series", ONE, RANGE, np.float64(1)),
    ("Series", ONE, ("range", 0, 2**70, 1, None), None),
    ("Series", ONE, ("range", 0, 1, 0, None), None),
    ("Series", ONE, ("range", 0, True, 1, None), None),
    ("Series", ONE, ("range", 0, 2, 1, None), None),
    ("Series", ONE, ("index", ("object", ["a"]), ["n"]), None),
    ("Series", ONE, ("multi", (TEXTS,), (CODES + 1,), (None,)), None),
    ("Series", ONE, ("multi", (TEXTS,), (CODES, CODES), (None,)), None),
    ("Series", ONE, ("multi", (TEXTS,), (CODES,), ()), None),
    ("Series", ONE, ("multi", (), (), ()), None),
    ("Series", ONE, ("multi", [TEXTS], [CODES], [None]), None),
    # of what no pandas makes categories or levels
    (
        "Series",
        ("category", CODES, ("multi", (TEXTS,), (CODES,), (None,)), False),
        *(RANGE, None),
    ),
    (
        "Series",
        (
            "category",
            CODES,
            ("index", ("category", CODES, TEXTS, False), None),
            False,
        ),
        *(RANGE, None),
    ),
    (
        *("Series", ONE),
        (
            "multi",
            (("multi", (TEXTS,), (CODES,), (None,)),),
            (CODES,),
            (None,),
        ),
        None,
    ),
    ("Series", ONE, ("multi", (TEXTS,) * 300, (CODES,) * 300, (None,) * 300)),
    # ranges of more labels than an array can have, or past its numbers
    ("DataFrame", RANGE, ("range", 0, 2**63 - 1, 1, None), []),
    ("DataFrame", RANGE, ("range", -(2**63), 2**63 - 1, 1, None), []),
    ("DataFrame", RANGE, ("range", 0, 2**63, 1, None), []),
    ("Series", ONE, ("range", 2**63, 2**63 + 1, 1, None), None),
    ("Series", ONE, ("range", 0, 1, 2**64, None), None),
    # frames
    ("DataFrame", RANGE, RANGE, []),
    ("DataFrame", RANGE, RANGE, [ONE, ONE]),
    ("DataFrame", RANGE, RANGE, (ONE,)),
    ("DataFrame", RANGE, RANGE, {0: ONE}),
    ("DataFrame", RANGE, RANGE, [("numpy", np.ones(2))]),
    ("DataFrame", RANGE, ("range", 0, 2, 1, None), [ONE]),
    ("DataFrame", RANGE, RANGE),
    ("DataFrame",),
]


def stream_of(made, *pieces):
    """As a guest would write it, with a memo of its own."""

    class Call:
        def __reduce__(self):
            return getattr(pandas_frames, made), pieces

    return pickle.dumps(Call(), 5)


@pytest.mark.parametrize("index", range(len(GOOD)))
def test_hand_written_pieces(index):
    """The streams that the next test varies are good ones."""
    assert len(read(stream_of(*GOOD[index]))) == 1


@pytest.mark.parametrize("index", range(len(BAD)))
def test_pieces_are_checked(index):
    """What the guest's half never writes is refused."""
    with pytest.raises(SerializationError):
        read(stream_of(*BAD[index]))


@pytest.mark.parametrize("module", ["pandas", "boxed._guest.pandas_frames"])
@pytest.mark.parametrize("word", ["DataFrame", "Series"])
def test_the_class_is_not_called(module, word):
    """No REDUCE, NEWOBJ, BUILD or reference makes anything of the class."""
    known = name(module, word)
    for stream in (
        known + b".",
        known + b"]\x94.",
        known + b")\x81.",
        known + b")\x81}" + text("_mgr") + b"Nsb.",
        known + b"}b.",
        call(
            "copyreg",
            "_reconstructor",
            known,
            name("builtins", "object"),
            b"N",
        )
        + b".",
        call("copyreg", "__newobj__", known) + b".",
        known + known + b"\x85R.",
        call("pandas", word, b"]") + b".",
    ):
        with pytest.raises(SerializationError):
            read(HEAD + stream)


def test_nothing_else_of_pandas_is_reached():
    """Not the functions that pandas writes itself, nor its readers."""
    for module, word in (
        ("pandas._libs.internals", "_unpickle_block"),
        ("pandas.core.internals.managers", "BlockManager"),
        ("pandas", "eval"),
        ("pandas", "read_pickle"),
        ("pandas", "Timestamp"),
        ("boxed._guest.pandas_frames", "teach"),
        ("boxed._guest.pandas_frames", "_make_array"),
        ("boxed._guest.pandas_frames", "time.sleep"),
    ):
        with pytest.raises(UnsafeResultError):
            read(HEAD + call(module, word, text("1 + 1")) + b".")


def test_no_label_is_hashed():
    """pandas hashes without a secret, so equal hashes can be sent: none is
    asked for while a frame is made, but of a few unsorted categories."""
    labels = pd.Index([str(number) for number in range(20_000, 0, -1)])
    frame = pd.DataFrame({"a": range(20_000)}, index=labels)
    frame["b"] = pd.Series(["x"] * 20_000, dtype=object, index=labels)
    frame["c"] = pd.Categorical([f"{n:05}" for n in range(20_000)])
    back = read(pickle.dumps(frame))
    categories = back.iloc[:, 2].array.categories
    for index in (back.index, back.columns, categories):
        assert not index._engine.is_mapping_populated
    categories = pd.Index([f"{n:05}" for n in range(5000, 0, -1)])
    unsorted = pd.Categorical(["00001"], categories)
    with pytest.raises(SerializationError):
        read(pickle.dumps(pd.Series(unsorted)))
    few = pd.Series(pd.Categorical(["00001"], categories[-4000:]))
    assert_series_equal(read(pickle.dumps(few)), few)


def columns(count):
    """A frame of many columns in two bytes each."""
    rows = b"(" + text("range") + b"K\x00K\x02K\x01Nt"
    header = b"(" + text("range") + b"K\x00J"
    header += count.to_bytes(4, "little") + b"K\x01Nt"
    # The piece is memoised, then taken again and again.
    piece = b"(" + text("object") + b"](K\x01K\x02et\x94"
    taken = b"](" + piece + b"h\x00" * (count - 1) + b"e"
    return (
        HEAD
        + name("boxed._guest.pandas_frames", "DataFrame")
        + b"("
        + header
        + (rows + taken + b"tR.")
    )


def test_many_columns_in_few_bytes():
    """A column costs a kilobyte and two bytes of a stream: it is charged."""
    assert read(columns(1000)).shape == (2, 1000)
    program = (
        PEAK
        + """
import sys
import pandas
from boxed._answers.value import Reading, decode
reading = Reading(allow=[pandas.DataFrame])
data = sys.stdin.buffer.read()
forget_peak()
before = peak()
try:
    decode("pickle", data, reading)
except ValueError as error:
    print(peak() - before, str(error))
"""
    )
    data = columns(500_000)
    done = run_python(program, stdin=data)
    peak, message = done.stdout.split(b" ", 1)
    assert b"more than" in message, done.stderr
    assert int(peak) < 2**26 + 32 * len(data)


def test_the_deadline_holds_while_columns_are_made():
    """No more than a column is made once the time is up."""
    data = columns(20_000)
    start = time.monotonic()
    with pytest.raises(DecodingTimeout):
        read(data, deadline=start + 0.05)
    assert read(columns(10), deadline=start + 60).shape == (2, 10)


def test_a_past_deadline():
    """It is looked at between the columns, before the first."""
    budget = frames.Budget(2**20, time.monotonic() - 1)
    with pytest.raises(frames.TookTooLong):
        frames.DataFrame(budget, RANGE, RANGE, [ONE])


def test_nothing_is_left():
    """Objects stay level over good frames and refused ones."""
    good = [pickle.dumps(FRAMES[kind]) for kind in ("texts", "categories")]
    bad = [stream_of(*pieces) for pieces in BAD[::7]]

    def run_all(times):
        for _ in range(times):
            for data in good:
                read(data)
            for data in bad:
                with pytest.raises(SerializationError):
                    read(data)
        gc.collect()
        return len(gc.get_objects())

    run_all(20)
    before = run_all(20)
    assert run_all(100) - before < 50
