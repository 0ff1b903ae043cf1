"""Keys of different hashes that make a dict slow: refused in time.

The decoder foresees walks through the interpreter's tables.  The first tests
compare what it relies on with the interpreter at hand.
"""

import collections
import pickle
import random
import sys
import threading

import chains
import pytest
from decoder_classes import MODULE
from pickle_streams import HEAD, call, decode, name, number, refuses, text

pytestmark = pytest.mark.fast

GENERAL_MOVES = sys.version_info >= (3, 11)


class Chameleon:
    """Found by identity, wherever a walk for its present hash comes by."""

    hashed = 0

    def __hash__(self):
        return self.hashed


def test_the_walk_through_a_dict():
    """It is the one that the decoder foresees."""
    source = random.Random(1)
    for bits in (6, 10):
        one, known, model = Chameleon(), {}, chains.Dict()
        one.hashed = source.randrange(1 << 60)
        known[one] = None
        model.add(one.hashed)
        while len(known) < (1 << bits) * 2 // 3:
            number = source.randrange(1 << 60)
            known[number] = None
            model.add(number)
        mask = len(model.taken) - 1
        place, met = model.taken.index(one.hashed), 0
        for _ in range(4000):
            one.hashed = source.randrange(1 << 60)
            walk = []
            for step in chains.places(one.hashed, mask):
                walk.append(step)
                if model.taken[step] is None:
                    break
            assert (one in known) == (place in walk)
            met += place in walk
        assert met > 3


def sizes_of(keys):
    known, sizes = {}, []
    for key in keys:
        known[key] = None
        sizes.append(sys.getsizeof(known))
    return sizes


def grown(sizes):
    return [i for i in range(1, len(sizes)) if sizes[i] > sizes[i - 1]]


def test_when_a_dict_grows():
    """At the numbers of keys that the decoder expects."""
    model, expected = chains.Dict(), []
    for count in range(100_000):
        if count == model.usable():
            expected.append(count)
            size = len(model.taken) * 2
            assert size >= 3 * count > size // 2
            model.taken = [None] * size
    assert grown(sizes_of(range(100_000))) == expected
    assert grown(sizes_of(map(str, range(100_000)))) == expected


@pytest.mark.parametrize("texts", [5, 43, 100, 700, 4097])
def test_when_a_dict_of_texts_grows(texts):
    """The first other key moves it into a table for three times as many, and
    it grows later then, but at none but the usual moments."""
    usual = grown(sizes_of(range(20_000)))
    keys = [*map(str, range(texts)), *range(20_000 - texts)]
    size = 8
    while size < 3 * texts:
        size *= 2
    first = size * 2 // 3 if GENERAL_MOVES else texts
    expected = [i for i in usual if i < texts or i >= first]
    assert [i for i in grown(sizes_of(keys)) if i != texts] == [
        i for i in expected if i != texts
    ]


@pytest.mark.parametrize("count", [70, 5000, 90_000])
def test_the_walk_through_a_set_and_its_growth(count):
    """Its order is that of the places, so all is seen."""
    source = random.Random(count)
    known, model = set(), chains.Set()
    numbers = [
        source.randrange(1 << source.choice([20, 60])) for _ in range(count)
    ]
    for one in dict.fromkeys(numbers):
        known.add(one)
        model.add(one)
    assert list(known) == [n for n in model.taken if n is not None]


def test_the_chain_is_one():
    """The control: each of those keys comes by the last place of the chain."""
    own, attackers = chains.chain()
    one = Chameleon()
    one.hashed = own[-1]
    known = dict.fromkeys([*own[:-1], one])
    for hashed in attackers[:200]:
        one.hashed = hashed
        assert one in known
    source = random.Random(1)
    met = 0
    for _ in range(200):
        one.hashed = source.randrange(1 << 60)
        met += one in known
    assert met < 20


def as_tuples(numbers):
    pairs = map(chains.tuple_of_hash, numbers)
    return [number(a) + number(b) + b"\x86" for a, b in pairs]


def as_decimals(numbers):
    head = name("decimal", "Decimal") + b"\x94"
    # The name is memoised by the first.
    first, *rest = (text(str(n)) + b"\x85R" for n in numbers)
    return [head + first, *(b"h\0" + one for one in rest)]


def as_fractions(numbers):
    head = name("fractions", "Fraction") + b"\x94"
    first, *rest = (number(n) + b"K\x01\x86R" for n in numbers)
    return [head + first, *(b"h\0" + one for one in rest)]


def as_numbers(numbers):
    return [number(n) for n in numbers]


KINDS = [as_numbers, as_tuples, as_decimals, as_fractions]


def batches(keys, size, fill=b"u", value=b"N"):
    for start in range(0, len(keys), size):
        yield b"(" + b"".join(k + value for k in keys[start : start + size])
        yield fill


DICTS = {
    "dict": HEAD + b"}",
    "OrderedDict": HEAD + call("collections", "OrderedDict"),
    "defaultdict": HEAD + call("collections", "defaultdict"),
}


def random_keys(count):
    source = random.Random(2)
    return [source.randrange(1 << 60) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch", [1, 1000, 10**6])
def test_one_chain_is_refused(kind, batch):
    """Whatever the keys are made of and however they come."""
    own, attackers = chains.chain()
    keys = kind([*own, *attackers])
    data = DICTS["dict"] + b"".join(batches(keys, batch)) + b"."
    refuses(data, "keys")
    other = kind(random_keys(len(keys)))
    data = DICTS["dict"] + b"".join(batches(other, batch)) + b"."
    assert len(decode(data)) == len(other)


@pytest.mark.parametrize("made", DICTS)
def test_one_chain_in_every_dict(made):
    """In each kind of dict, and in one that a Counter would be made of."""
    own, attackers = chains.chain()
    keys = as_numbers([*own, *attackers])
    refuses(DICTS[made] + b"".join(batches(keys, 1000)) + b".", "keys")
    counts = b"}" + b"".join(batches(keys, 1000))
    counter = HEAD + name("collections", "Counter") + counts + b"\x85R."
    refuses(counter, "keys")
    good = as_numbers(random_keys(len(keys)))
    data = DICTS[made] + b"".join(batches(good, 1000)) + b"."
    assert len(decode(data)) == len(good)


def test_texts_before_the_chain():
    """Text among the keys hides nothing."""
    own, attackers = chains.chain()
    texts = [text(str(i)) for i in range(100)]
    keys = [*texts, *as_numbers([*own, *attackers])]
    refuses(DICTS["dict"] + b"".join(batches(keys, 1000)) + b".", "keys")
    keys = [*texts, *as_numbers(random_keys(40_000))]
    data = DICTS["dict"] + b"".join(batches(keys, 1000)) + b"."
    assert decode(data) == pickle.loads(data)


def test_tuples_have_any_hash():
    """The control for keys of other types: their hashes are chosen, too."""
    for hashed in random_keys(100):
        assert hash(chains.tuple_of_hash(hashed)) == hashed


def test_a_key_that_comes_again():
    """Keys that are there already are no new ones, also when it is full."""
    for count in (64, 85, 86, 170, 5461, 5462, 10922):
        keys = as_numbers([*range(count), *range(count), *range(count + 9)])
        data = DICTS["dict"] + b"".join(batches(keys, 100)) + b"."
        assert list(decode(data)) == list(range(count + 9))


def test_dicts_inside_of_large_dicts():
    """Tables are those of the dicts being filled, whatever comes between."""
    value = {
        i * 2**40: {j * 2**35: {j} for j in range(99)} for i in range(300)
    }
    value = {1: dict.fromkeys(range(5000), 2), **value, 3: value}
    data = pickle.dumps(value)
    assert decode(data) == value
    ordered = collections.OrderedDict(
        (i, dict.fromkeys(range(i), 1)) for i in range(200)
    )
    assert decode(pickle.dumps(ordered)) == ordered


def test_enum_members_with_a_hash_of_their_own():
    """Their methods would run beside the guest's keys."""
    import enum

    class Plain(enum.Enum):
        A = 1

    class Odd(enum.Enum):
        A = 1

        def __hash__(self):
            return 1

    class Equal(enum.Enum):
        A = 1
        __hash__ = enum.Enum.__hash__

        def __eq__(self, other):
            return True

    for cls, good in ((Plain, True), (Odd, False), (Equal, False)):
        member = call(MODULE, "Some", b"K\x01")
        data = HEAD + b"}" + member + b"Ns."
        allow = {f"{MODULE}:Some": cls}
        if good:
            assert decode(data, allow=allow) == {cls.A: None}
        else:
            refuses(data, "keys", allow=allow)


SEEN = threading.Event()
FLAGS = []


class Begin:
    def __setstate__(self, state):
        SEEN.set()


class End:
    """Fails where there is no flag; a method in Python would wait for one."""

    __setstate__ = FLAGS.pop


def other_thread_ran(read, data):
    """Whether another thread got to do something while that was read."""
    SEEN.clear()
    FLAGS.clear()

    def work():
        SEEN.wait()
        FLAGS.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        read(data)
    except (IndexError, ValueError):
        return False
    finally:
        thread.join()
    return True


def test_other_threads_run_meanwhile():
    """A long decode lets them, so Ctrl-C reaches the main thread."""

    def made(cls, state):
        return name(__name__, cls) + b")\x81" + state + b"b"

    body = text("key") + b"\x94}" + b"h\0Ns" * 10**7
    data = HEAD + b"(" + made("Begin", b"N") + body
    data += made("End", b"K\0") + b"t."
    options = {
        "allow": {f"{__name__}:{c.__name__}": c for c in (Begin, End)},
        "states": {f"{__name__}:{c.__name__}": None for c in (Begin, End)},
    }
    assert other_thread_ran(lambda data: decode(data, **options), data)
    assert not all(other_thread_ran(pickle.loads, data) for _ in range(10))
