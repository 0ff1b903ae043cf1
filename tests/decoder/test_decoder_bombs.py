"""Small streams that would take much memory, time or stack.

Each is first shown to do so with pickle.loads, in a process of its own.
"""

import pickle
import signal
import struct
import threading

import numpy as np
import pytest
from decoder_classes import MODULE
from hostile_streams import ALLOW, LOADS
from numpy_streams import plain, struct_of
from pickle_streams import (
    HEAD,
    PEAK,
    call,
    decode,
    name,
    number,
    octets,
    refuses,
    run_python,
    text,
)

LIMITED = (
    PEAK
    + """
import sys, time
from boxed import _boxed
data = sys.stdin.buffer.read()
forget_peak()
memory, start = peak(), time.process_time()
try:
    value = _boxed.decode(data)
    reason = "decoded"
except _boxed.DecodeError as error:
    reason = error.reason
print(reason, (peak() - memory) >> 20, int(time.process_time() - start))
"""
)

PRIME = 2**61 - 1
MANY = range(1, 100_000)


def with_keys(keys):
    return HEAD + b"}(" + b"N".join(keys) + b"Nu."


def laughing(levels):
    """Values on the stack: each a pair of the one before, twice."""
    data = b")\x94"
    for level in range(levels):
        get = b"h" + bytes([level])
        data += get + get + b"\x86\x94"
    return data


def minus(bits):
    """A tuple of -1 and -2, which have one hash."""
    items = (
        b"J" + struct.pack("<i", -1 - (bits >> bit & 1)) for bit in range(16)
    )
    return b"(" + b"".join(items) + b"t"


def complex_number(index):
    """All of one hash: the real part undoes the imaginary one."""
    parts = struct.pack(">d", -1000003.0 * index), struct.pack(">d", index)
    return name("builtins", "complex") + b"G" + b"G".join(parts) + b"\x86R"


def decimal_number(index):
    return call("decimal", "Decimal", text(str(index * PRIME)))


def fraction(index):
    return call("fractions", "Fraction", number(index * PRIME), b"K\x01")


def an_uuid(index):
    state = b"}" + text("int") + number(index * PRIME) + b"s"
    return name("uuid", "UUID") + b")\x81" + state + b"b"


def colliding(make, count=100_000):
    return with_keys(make(index) for index in range(1, count))


def copies(count, source, module, qualname):
    """One memoised value and that many objects made from it."""
    made = b"h\x00h\x01\x85R" * count
    head = HEAD + b"(" + name(module, qualname) + b"\x94"
    return head + source + b"\x94" + made + b"t."


MULTIPLES = [number(index * PRIME) for index in MANY]
ITEMS = b"](" + b"".join(number(i) for i in range(50_000)) + b"e"
COUNTS = b"}(" + b"N".join(number(i) for i in range(50_000)) + b"Nu"

# The reason for refusing, how pickle.loads suffers, and the stream.
BOMBS = {
    "memo index": ("memo", None, HEAD + b"Nj\xff\xff\xff\x0f."),
    "memo index to be": ("opcode", "memory", HEAD + b"Nr\xff\xff\xff\x0f."),
    "memo index after a list": (
        "opcode",
        "memory",
        HEAD + b"]r\xff\xff\xff\x03.",
    ),
    "memo index as text": ("opcode", "memory", HEAD + b"Np200000000\n."),
    "length of a bytearray": (
        "truncated",
        "memory",
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".",
    ),
    "length of bytes": (
        "truncated",
        None,
        HEAD + b"\x8e" + struct.pack("<Q", 2**40) + b".",
    ),
    "length of text": (
        "truncated",
        None,
        HEAD + b"\x8d" + struct.pack("<Q", 2**63) + b".",
    ),
    "length of an int": ("truncated", None, HEAD + b"\x8b\xff\xff\xff\x7f."),
    "negative length": ("truncated", None, HEAD + b"\x8b\xff\xff\xff\xff."),
    "nested tuples as a key": (
        "depth",
        "crash",
        HEAD + b"})" + b"\x85" * 200_000 + b"Ns.",
    ),
    "nested frozensets": (
        "depth",
        None,
        HEAD + b"(" * 100_000 + b"\x91" * 100_000 + b".",
    ),
    "nested defaultdicts": (
        "depth",
        "crash",
        HEAD
        + (name("collections", "defaultdict") + b")RN") * 200_000
        + b"N"
        + b"s" * 200_000
        + b".",
    ),
    "nested lists": (
        "depth",
        None,
        HEAD + b"]" * 200_000 + b"a" * 199_999 + b".",
    ),
    "a laughing tuple as a key": (
        "keys",
        "time",
        HEAD + b"(" + laughing(40) + b"}h\x28Nst.",
    ),
    "a laughing tuple in a frozenset": (
        "keys",
        "time",
        HEAD + b"(" + laughing(40) + b"(h\x28\x91t.",
    ),
    "ints of one hash": ("keys", "time", with_keys(MULTIPLES)),
    "ints of one hash in a set": (
        "keys",
        "time",
        HEAD + b"\x8f(" + b"".join(MULTIPLES) + b"\x90.",
    ),
    "ints of one hash in a list for a set": (
        "keys",
        "time",
        HEAD
        + name("builtins", "set")
        + b"]("
        + b"".join(MULTIPLES)
        + b"e\x85R.",
    ),
    "tuples of one hash": (
        "keys",
        "time",
        with_keys(multiple + b"\x85" for multiple in MULTIPLES),
    ),
    "tuples of -1 and -2": ("keys", "time", colliding(minus, 2**16)),
    "complex numbers of one hash": ("keys", "time", colliding(complex_number)),
    "decimals of one hash": ("keys", "time", colliding(decimal_number)),
    "fractions of one hash": ("keys", "time", colliding(fraction)),
    "uuids of one hash": ("keys", "time", colliding(an_uuid)),
    "copied counters": (
        "memory",
        "memory",
        copies(2000, COUNTS, "collections", "Counter"),
    ),
    "copied bytearrays": (
        "items",
        "memory",
        copies(2000, octets(b"x" * 10**6), "builtins", "bytearray"),
    ),
    "copied sets": (
        "memory",
        "memory",
        copies(2000, ITEMS, "builtins", "set"),
    ),
}


def check_harm(harm, data):
    cpu = 2 if harm == "time" else 20
    control = run_python(LOADS, stdin=data, cpu=cpu, memory=2**30)
    if harm == "memory":
        assert b"MemoryError" in control.stderr
    elif harm == "crash":
        assert control.returncode == -signal.SIGSEGV
    elif harm == "time":
        assert control.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


@pytest.mark.parametrize("label", BOMBS)
def test_bomb(label):
    """A small stream costs little memory, little time and no stack."""
    reason, harm, data = BOMBS[label]
    check_harm(harm, data)
    ours = run_python(LIMITED, stdin=data, cpu=20)
    assert ours.returncode == 0, ours.stderr
    word, megabytes, seconds = ours.stdout.split()
    assert word.decode() == reason
    assert int(megabytes) < 64
    assert int(seconds) < 3


def test_shared_references_do_not_multiply():
    """Ten levels of ten references to the level before stay a hundred."""
    data = HEAD + b"(]\x94"
    for level in range(30):
        data += b"](" + (b"h" + bytes([level])) * 10 + b"e\x94"
    value = decode(data + b"t.")
    assert len(value) == 31 and value[-1][0] is value[-1][9] is value[-2]


def test_many_keys_without_a_collision_are_fine():
    """Honest keys, even close ones, are not taken for an attack."""
    for value in (
        {i * 2**40 for i in range(100_000)},
        {(x, y) for x in range(-200, 200) for y in range(-200, 200)},
        {(x, -1, -2): x for x in range(100_000)},
        {i / 8 for i in range(-100_000, 100_000)},
        {complex(x, y) for x in range(-150, 150) for y in range(-150, 150)},
        [{1, 2, 3}, {(1, 2): 3}] * 10_000,
        [{(i % 10, 1): i} for i in range(100_000)],
        {frozenset([i, i + 1]) for i in range(50_000)},
        {str(i).encode(): i for i in range(100_000)},
        {float(2**e) for e in range(1000)},
    ):
        assert decode(pickle.dumps(value)) == value


def test_numpy_scalars_do_not_meet_nested_tuples():
    """Comparing the two would make an array of a tuple of any size."""
    one = np.int64(1)
    refuses(pickle.dumps({one: 1, (2, (3,)): 4}), "keys")
    refuses(pickle.dumps({(one, (2,)): 1}), "keys")
    refuses(pickle.dumps({((2,),): 1, one: 2}), "keys")
    refuses(pickle.dumps({frozenset([(one, 2)])}), "keys")
    mixed = {(one, "a"), one, "a", 5, (5,)}
    assert decode(pickle.dumps(mixed)) == mixed
    record = struct_of([("a", plain("u1"), 0)], 1), octets(b"1")
    key = call("numpy._core.multiarray", "scalar", *record)
    refuses(HEAD + b"}" + key + b"Ns.", "keys")


def deep_values(depth):
    yield HEAD + b")" + b"\x85" * (depth - 1) + b"."
    yield HEAD + b"})" + b"\x85" * (depth - 2) + b"Ns."
    yield HEAD + b"]" * depth + b"a" * (depth - 1) + b"."
    yield HEAD + b"}N" * (depth - 1) + b"}" + b"s" * (depth - 1) + b"."
    yield HEAD + b"(" * depth + b"\x91" * depth + b"."
    default = name("collections", "defaultdict") + b")R"
    for opening, fill in [
        (default + b"N", b"s"),
        (name("collections", "OrderedDict") + b")RN", b"s"),
        (name("collections", "deque") + b")R", b"a"),
    ]:
        yield HEAD + opening * (depth - 1) + b")" + fill * (depth - 1) + b"."
    counter = name("collections", "Counter") + b"(}N"
    yield HEAD + counter * (depth // 3) + b"N" + b"stR" * (depth // 3) + b"."
    point = HEAD[:2] + name(MODULE, "Point") + b")\x81}" + text("x")
    levels = depth // 2 - 1
    yield HEAD + point[2:] * levels + b"N" + b"sb" * levels + b"."


def test_a_small_stack_is_enough():
    """The deepest results are made, hashed, compared and freed in a thread
    with the smallest stack that the interpreter accepts for its own sake."""
    failures = []

    def work():
        for data in deep_values(1000):
            for _ in range(2):
                try:
                    value = decode(data, max_depth=1000, allow=ALLOW)
                except BaseException as error:
                    failures.append((data[:40], error))
                else:
                    del value

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert not failures
