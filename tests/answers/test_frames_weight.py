"""What a frame takes is known before it is made, each time that it comes."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pandas as pd
import pytest
from frames import BOTH, FRAMES, read, taught  # noqa: F401
from pickle_streams import HEAD, PEAK, decode, refuses, run_python

from boxed import SerializationError
from boxed._answers import frames, value
from boxed._answers.value import Reading
from boxed._guest import pandas_frames

MIB = 1 << 20
ONE, ZERO = ("numpy", np.ones(1, "i8")), np.zeros(1, "i1")
RANGE = ("range", 0, 1, 1, None)
BOUND = 64 * MIB


def range_of(size):
    return ("range", 0, size, 1, None)


def multi(*levels):
    codes = (ZERO,) * len(levels)
    return ("multi", levels, codes, (None,) * len(levels))


def index(piece):
    return ("index", piece, None)


class Call:
    def __init__(self, made, *pieces):
        self.made, self.pieces = made, pieces

    def __reduce__(self):
        return getattr(pandas_frames, self.made), self.pieces


def stream_of(made, *pieces):
    """What is one object here is one in the stream."""
    return pickle.dumps(Call(made, *pieces), 4)


#: A megabyte, in the stream once.
COLUMN = ("numpy", np.ones(MIB // 8))
ROWS = range_of(MIB // 8)
CELLS = ["a"] * 30_000
CODES = np.zeros(MIB // 8, "i1")
WIDE = index(("numpy", np.arange(2**15 + 1)))
SORTED = [f"{i:05}" for i in range(4000)]
#: Equal, and not one object: each compare reads both to their ends.
EQUAL = ["x" * MIB, "".join(["x"] * MIB)] * 2000
UNSORTED = index(("object", [str(i) for i in range(4096, 0, -1)]))

BOMBS = {
    "a range as a level": ("Series", ONE, multi(range_of(2**40)), None),
    "ranges as levels": (
        *("Series", ONE),
        *(multi(*[range_of(2**20)] * 99), None),
    ),
    "a range of categories": (
        *("Series", ("category", ZERO, range_of(2**40), False)),
        *(RANGE, None),
    ),
    "rows without a column": ("DataFrame", range_of(0), range_of(2**40), []),
    "one array for all columns": (
        *("DataFrame", range_of(3000), ROWS),
        [COLUMN] * 3000,
    ),
    "one array for all masks": (
        *("DataFrame", range_of(3000), ROWS),
        [("masked", COLUMN[1], np.zeros(MIB // 8, "?"))] * 3000,
    ),
    "one array for all times": (
        *("DataFrame", range_of(3000), ROWS),
        [("utc", np.zeros(MIB // 8, "M8[ns]"))] * 3000,
    ),
    "one array for all codes": (
        *("DataFrame", range_of(3000), ROWS),
        [("category", CODES, index(("object", ["a"])), False)] * 3000,
    ),
    "one array for the codes of all levels": (
        *("Series", COLUMN),
        ("multi", (WIDE,) * 250, (CODES,) * 250, (None,) * 250),
        None,
    ),
    "one list for all columns": (
        *("DataFrame", range_of(3000), range_of(30_000)),
        [("object", CELLS)] * 3000,
    ),
    "one list for all texts": (
        *("DataFrame", range_of(3000), range_of(30_000)),
        [("text", "nan", CELLS)] * 3000,
    ),
    "one list for all categories": (
        *("DataFrame", range_of(3000), RANGE),
        [("category", ZERO, index(("object", SORTED)), False)] * 3000,
    ),
    "unsorted categories": (
        *("DataFrame", range_of(3000), RANGE),
        [("category", ZERO, UNSORTED, False)] * 3000,
    ),
    "equal texts in turns as categories": (
        *("Series", ("category", ZERO, index(("object", EQUAL)), False)),
        *(RANGE, None),
    ),
    "equal texts in turns as text": (
        *("Series", ("category", ZERO, index(("text", "NA", EQUAL)), False)),
        *(RANGE, None),
    ),
    "equal texts in turns as a level": (
        *("Series", ONE, multi(index(("object", EQUAL))), None),
    ),
    "one name for all levels": (
        *("Series", ONE),
        ("multi", (index(ONE),) * 250, (ZERO,) * 250, ((1,) * 30_000,) * 250),
        None,
    ),
}
# What the names of those bombs would come to; more than is ever permitted.
MEASURE = (
    PEAK
    + """
import sys
import pandas
from boxed._answers.value import Reading, decode
reading = Reading(allow=[pandas.DataFrame, pandas.Series])
data = sys.stdin.buffer.read()
decode("pickle", SMALL, reading)
forget_peak()
before = peak()
try:
    word = type(decode("pickle", data, reading)).__name__
except ValueError as error:
    word = "refused" if "more than" in str(error) else repr(str(error))
print(word, peak() - before)
""".replace("SMALL", repr(stream_of("Series", ONE, RANGE, None)))
)


@pytest.mark.parametrize("label", BOMBS)
def test_bomb(label):
    """Refused for its weight, within the bound for such a stream."""
    data = stream_of(*BOMBS[label])
    done = run_python(MEASURE, stdin=data)
    word, _, peak = done.stdout.decode().rpartition(" ")
    assert word == "refused", done.stdout + done.stderr
    assert int(peak) < BOUND + 32 * len(data)


def test_what_a_bomb_would_take():
    """The control: with room without end, it is spent."""
    made, *pieces = BOMBS["one array for all columns"]
    pieces[0], pieces[2] = range_of(200), pieces[2][:200]
    budget = frames.Budget(2**60)
    frame = frames.DataFrame(budget, *pieces)
    assert len(stream_of(made, *pieces)) < 2 * MIB
    assert int(frame.memory_usage().sum()) > 200 * MIB
    assert budget.taken > 600 * MIB
    budget = frames.Budget(2**60)
    frames.Series(budget, ONE, multi(range_of(2**20)), None)
    assert budget.taken > 2**23


@pytest.mark.parametrize("kind", FRAMES)
def test_nothing_is_made_that_was_not_weighed(kind):
    """What a frame takes in the end was taken from the room first."""
    taken = []

    class Budget(frames.Budget):
        def take(self, count):
            super().take(count)
            taken.append(count)

    big = pd.concat([FRAMES[kind]] * (1 if FRAMES[kind].empty else 2000))
    pieces = pandas_frames._reduce_frame(big)[1]
    made = frames.DataFrame(Budget(2**40), *pieces)
    assert sum(taken) >= made.memory_usage(index=True).sum()
    assert sum(taken) < 1024 * 100 + 2**20 + 200 * big.size + 200 * len(big)
    # One byte less than it takes is too little.
    with pytest.raises(MemoryError):
        frames.DataFrame(frames.Budget(sum(taken) - 1), *pieces)


def test_the_bound_of_a_call():
    """Limits.memory holds for frames as for all else."""
    data = stream_of("DataFrame", range_of(9), ROWS, [COLUMN] * 9)
    assert read(data).shape == (MIB // 8, 9)
    small = Reading(allow=[pd.DataFrame], memory=16 * MIB)
    with pytest.raises(SerializationError):
        read(data, small)


def test_frames_add_up():
    """Many frames of one result share the room of it."""
    one = Call("DataFrame", range_of(5), ROWS, [COLUMN] * 5)
    assert len(read(pickle.dumps([one] * 50, 4))) == 50
    several = [
        Call("DataFrame", range_of(5), ROWS, [COLUMN] * 5) for _ in range(9)
    ]
    with pytest.raises(SerializationError):
        read(pickle.dumps(several, 4))
    assert len(read(pickle.dumps(several[:3], 4))) == 3


def test_builders_keep_to_the_room():
    """The decoder says what is left, and counts what was taken."""
    rooms = []

    def build(left, *parts):
        rooms.append(left)
        return None, 1000

    data = HEAD + b"(" + b"X\1\0\0\0mX\1\0\0\0b\x93)R" * 10 + b"t."
    options = {"builders": {"m:b": build}, "max_memory": 100_000}
    assert decode(data, **options) == (None,) * 10
    assert all(a - b >= 1000 for a, b in zip(rooms, rooms[1:]))
    refuses(data, "memory", **{**options, "max_memory": 8000})

    def greedy(left, *parts):
        raise MemoryError

    refuses(data, "memory", builders={"m:b": greedy})
    for wrong in (None, (None, -1), (None,), (None, "1"), [None, 1]):
        with pytest.raises(TypeError):
            decode(data, builders={"m:b": lambda left, wrong=wrong: wrong})


def test_too_little_memory_is_an_error_of_the_result(monkeypatch):
    """Where the machine has less than the decoder permits, too."""

    class Full:
        DecodeError = ZeroDivisionError

        @staticmethod
        def decode(*args, **options):
            raise MemoryError

    import boxed

    monkeypatch.setattr(boxed, "_boxed", Full)
    with pytest.raises(SerializationError) as caught:
        value.decode("pickle", b"\x80\x05N.", BOTH)
    assert "not enough memory" in str(caught.value)


def test_the_deadline_holds_between_all_pieces():
    """Between levels and categories too, not only between columns."""
    levels = multi(*[index(("object", CELLS[:100]))] * 200)
    budget = frames.Budget(2**40, time.monotonic() - 1)
    with pytest.raises(frames.TookTooLong):
        frames.Series(budget, ONE, levels, None)
