"""What a decode is bounded by, and that threads decode at once."""

import decimal
import pickle
import signal
import threading
import time

import pytest
from decoder_classes import ALL, Point
from decoder_values import PROTOCOLS
from pickle_streams import HEAD, decode, refuses, text

from boxed import _boxed

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    "options",
    [
        *({"max_depth": 0}, {"max_depth": 1001}),
        *({"max_memory": 0}, {"max_digits": 0}),
    ],
    ids=str,
)
def test_bounds_must_make_sense(options):
    """A bound outside the documented range is a ValueError."""
    with pytest.raises(ValueError) as caught:
        decode(b"N.", **options)
    assert not isinstance(caught.value, _boxed.DecodeError)


def test_depth_is_bounded_exactly():
    """As deep as max_depth is read, one deeper is refused."""
    for opening, closing in [(b"]", b"a"), (b")", b"\x85"), (b"}N", b"s")]:
        for depth in (1, 7, 200):
            data = HEAD + opening * (depth - 1)
            if closing == b"\x85":
                data = HEAD + b")" + closing * (depth - 1) + b"."
            else:
                last = b"]" if closing == b"a" else b"}"
                data += last + closing * (depth - 1) + b"."
            decode(data, max_depth=depth)
            if depth > 1:
                refuses(data, "depth", max_depth=depth - 1)


def test_depth_counts_through_the_memo():
    """Nesting by reference is nesting, however flat the stream looks."""
    data = HEAD + b"(]\x94"
    for level in range(250):
        data += b"]\x94h" + bytes([level]) + b"a"
    data += b"t."
    value = pickle.loads(data)[-1]
    depth = 1
    while value:
        value = value[0]
        depth += 1
    assert depth == 251
    refuses(data, "depth")
    assert len(decode(data, max_depth=252)) == 251


def test_memory_is_bounded():
    """A value that would take more than max_memory is not made."""
    data = HEAD + b"](" + b"\x8f" * 50_000 + b"e."
    assert len(decode(data)) == len(decode(data, max_memory=20 * 2**20))
    refuses(data, "memory", max_memory=10 * 2**20)
    data = pickle.dumps(b"x" * 2**20)
    refuses(data, "memory", max_memory=2**20)
    refuses(pickle.dumps("x"), "memory", max_memory=1)


def test_digits_are_bounded():
    """Integers and decimals of more than max_digits digits are refused."""
    for protocol in PROTOCOLS:
        decode(pickle.dumps(10**100 - 1, protocol), max_digits=100)
        refuses(pickle.dumps(10**120, protocol), "digits", max_digits=100)
        refuses(pickle.dumps(-(10**120), protocol), "digits", max_digits=100)
    refuses(pickle.dumps(-(10**5000)), "digits")
    data = pickle.dumps(decimal.Decimal("1" * 5000))
    refuses(data, "digits")


def test_a_past_deadline_ends_a_long_decode():
    """The deadline is looked at while decoding; none means no bound."""
    data = HEAD + b"](" + b"N" * 100_000 + b"e."
    decode(data, deadline=time.monotonic() + 60)
    decode(data, deadline=None)
    refuses(data, "deadline", deadline=time.monotonic() - 1)


def test_a_signal_handler_runs_while_decoding():
    """What a handler raises ends the decode and is passed on untouched."""

    class Interrupt(Exception):
        pass

    def handler(number, frame):
        raise Interrupt

    # Read to its end, this would be a DecodeError.
    data = HEAD + text("key") + b"\x94}" + b"h\0Ns" * 10_000_000
    before = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(Interrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.005)
            decode(data)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_threads_decode_at_once():
    """Decoding keeps no state between or across calls."""
    value = {"a": [1, (2, 3), {4}], "b": Point(1)}
    data, failures = pickle.dumps(value), []

    def work():
        for _ in range(300):
            if decode(data, allow=ALL) != value:
                failures.append(1)
            try:
                decode(data)
            except _boxed.DecodeError:
                continue
            failures.append(2)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
