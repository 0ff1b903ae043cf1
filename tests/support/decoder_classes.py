"""Classes that a caller of the decoder allows, and instances of them."""

import collections
import dataclasses
import enum
import typing

MODULE = __name__


@dataclasses.dataclass
class Point:
    x: int
    y: object = 0

    def length(self):
        return self.x


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


class Slots:
    __slots__ = ("__private", "_x", "unset")

    def __init__(self):
        self._x = [1]
        self.__private = 2

    def __eq__(self, other):
        return (self._x, self.__private) == (other._x, other.__private)


class SlotsAndDict(Slots):
    def __init__(self):
        super().__init__()
        self.extra = 3


class WithState:
    """State by name, set by a method of the class."""

    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a

    def __getstate__(self):
        return {"a": self.a}

    def __setstate__(self, state):
        self.a = state["a"]

    def __eq__(self, other):
        return self.a == other.a


class Pair(typing.NamedTuple):
    left: object
    right: object = None


Triple = collections.namedtuple("Triple", "a b c")


class Tagged(Triple):
    pass


class Items(tuple):
    __slots__ = ()


class Color(enum.Enum):
    RED = 1
    BLUE = "blue"
    MIX = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    BOTH = 3


class Outer:
    @dataclasses.dataclass
    class Inner:
        v: int


class Newish:
    def __new__(cls, *args):
        raise AssertionError("never called")


class Keyword:
    def __new__(cls, *, a):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"a": 1}


class Reduced:
    def __reduce__(self):
        return (Reduced, ())


class MyList(list):
    pass


def allowed(*classes):
    return {f"{c.__module__}:{c.__qualname__}": c for c in classes}


ALL = allowed(
    *(Point, Frozen, Slots, SlotsAndDict, WithState, Pair, Triple, Tagged),
    *(Items, Color, Level, Access, Outer, Outer.Inner, Newish, Keyword),
    *(Reduced, MyList),
)

# The one that may run its __setstate__.
STATES = {f"{MODULE}:WithState": None}

tagged = Tagged(1, 2, 3)
tagged.note = "n"

INSTANCES = [
    *(Point(1, [Point(2)]), Frozen(5)),
    *(Pair(1, Pair("a")), Triple(1, [2], "c"), tagged),
    *(Items([1, 2]), Items(), Color.RED, Color.BLUE, Color.MIX),
    *(Level.LOW, Access.WRITE, {Color.RED: 1, Level.LOW: 2}),
    {Pair(1, 2), Pair(1, 3)},
]
