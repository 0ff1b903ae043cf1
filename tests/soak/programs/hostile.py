"""Cases of the soak: guests that attack the call, the sandbox or others."""

from __future__ import annotations

import errno
import pickle
import random
from typing import Any

import soak_guests as guests
from judged import Soak, expect

from boxed import Limits, ProtocolError

VALUE, ERROR, TOO_LONG = 2, 3, 6


def forges(soak: Soak, rng: random.Random) -> None:
    """An answer that is whole is the outcome, whatever comes after it."""
    mark = rng.random()
    body = pickle.dumps(mark)
    then: Any
    then = rng.choice(
        [
            (guests.sleep_for_ever,),
            (guests.deaf, guests.spin),
            (guests.os._exit, 1),
            (guests.end_by, 9),
            (guests.say, VALUE, pickle.dumps("another")),
        ]
    )
    args = (VALUE, body, None, *then)
    expect(soak, rng, "returned", guests.say_and, args, value=mark)


def speaks_nonsense(soak: Soak, rng: random.Random) -> None:
    sleep = guests.sleep_for_ever
    cause, what, args = rng.choice(
        [
            ("protocol", guests.write_nonsense, (rng.randbytes(50),)),
            ("protocol", guests.say_and, (ERROR, b"no texts", None, sleep)),
            ("protocol", guests.say_and, (99, b"", None, sleep)),
            ("protocol", guests.say_and, (TOO_LONG, b"9", None, sleep)),
            ("serialization", guests.say_and, (VALUE, b"no", None, sleep)),
            ("timeout", guests.say_and, (VALUE, b"begun", 1000, sleep)),
        ]
    )
    is_late = cause == "timeout"
    expect(
        soak,
        rng,
        cause,
        what,
        args,
        timeout=0.3 if is_late else 100.0,
        error=ProtocolError if cause == "protocol" else None,
    )


def breaks_off(soak: Soak, rng: random.Random) -> None:
    """In the midst of an answer."""
    args = (VALUE, b"begun", 1000, guests.os._exit, 0)
    expect(soak, rng, "protocol", guests.say_and, args, exitcode=0)


def stops(soak: Soak, rng: random.Random) -> None:
    what, args = rng.choice(
        [
            (guests.end_by, (19,)),
            (guests.deaf, (guests.spin,)),
            (guests.deaf, (guests.sleep_for_ever,)),
        ]
    )
    expect(soak, rng, "timeout", what, args, timeout=rng.uniform(0.05, 0.3))


def closes_all(soak: Soak, rng: random.Random) -> None:
    args = (guests.os._exit, 5)
    expect(soak, rng, "exit", guests.close_all_and, args, exitcode=5)
    args = (guests.sleep_for_ever,)
    expect(soak, rng, "timeout", guests.close_all_and, args, timeout=0.3)


def kills_others(soak: Soak, rng: random.Random) -> None:
    """None of whom it can."""
    value = [errno.EPERM] * 2
    expect(soak, rng, "returned", guests.kill_others, value=value)
    args: tuple[Any, ...] = (guests.os.fork,)
    expect(soak, rng, "returned", guests.errno_of, args, value=errno.EPERM)
    args = (guests.os.kill, -1, 9)
    expect(soak, rng, "returned", guests.errno_of, args, value=errno.EPERM)


def has_children(soak: Soak, rng: random.Random) -> None:
    """Who are left behind, or make others without end."""
    few = Limits(processes=rng.choice([4, 6]))
    args = (3,)
    expect(
        soak, rng, "returned", guests.leave_children, args, value=3, limits=few
    )
    expect(soak, rng, "timeout", guests.fork_bomb, limits=few, timeout=0.4)


CASES = (
    forges,
    speaks_nonsense,
    breaks_off,
    stops,
    closes_all,
    kills_others,
)
#: For tiers with namespaces.
IN_NAMESPACES = (has_children,)
