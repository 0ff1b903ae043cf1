"""Cases of the soak: guests that do what they were made for, or fail at it."""

from __future__ import annotations

import hashlib
import io
import math
import operator
import random
import signal
import threading
from typing import Any

import soak_guests as guests
from judged import Soak, Wrong, expect
from remains import MARK

from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    RemoteError,
    SerializationError,
    UnsafeResultError,
    WorkerDied,
)

WORDS = ("", "x", "one two", "é€😀", "\ttab", "a" * 300, "0123456789" * 20)
ERRORS: tuple[BaseException, ...] = (
    ValueError("of its own"),
    KeyError("of its own"),
    MemoryError("of its own"),
    TimeoutError("of its own"),
    OSError(27, "file too large"),
    BlockingIOError(11, "threads"),
    RecursionError("of its own"),
    SystemExit(0),
    KeyboardInterrupt(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "of its own"),
)


def returns(soak: Soak, rng: random.Random) -> None:
    """Of the library, by each serializer."""
    a, b = rng.randrange(10**6), rng.randrange(1, 999)
    serializer = rng.choice(["pickle", "json", "cloudpickle", "dill"])
    quotient: Any = divmod(a, b)
    if serializer == "json":
        quotient = list(quotient)
    what: Any
    what, args, value = rng.choice(
        [
            (divmod, (a, b), quotient),
            (math.sqrt, (a * a,), float(a)),
            (sorted, ([b, a, 3],), sorted([b, a, 3])),
            (operator.concat, (str(a), str(b)), f"{a}{b}"),
        ]
    )
    expect(
        soak, rng, "returned", what, args, value=value, serializer=serializer
    )


def returns_own(soak: Soak, rng: random.Random) -> None:
    """A function of the program's, and one that closes over something."""
    a, b = rng.randrange(10**6), [rng.random() for _ in range(9)]
    value: Any = {"a": a, "b": b, "c": (None, True, b"x" * a.bit_length())}
    expect(soak, rng, "returned", guests.value, (value,), value=value)
    expect(soak, rng, "returned", lambda n: n * a, (3,), value=3 * a)


def raises(soak: Soak, rng: random.Random) -> None:
    error = rng.choice(ERRORS)
    kind = type(error) if isinstance(error, Exception) else RemoteError
    expect(soak, rng, "raised", guests.leave, (error,), error=kind)
    expect(soak, rng, "raised", divmod, (1, 0), error=ZeroDivisionError)


def dies(soak: Soak, rng: random.Random) -> None:
    if rng.random() < 0.4:
        code = rng.choice([0, 1, 3, 111, 127, 255])
        expect(
            soak,
            rng,
            "exit",
            guests.os._exit,
            (code,),
            error=WorkerDied,
            exitcode=code,
        )
        return
    names = "KILL TERM SEGV HUP XCPU XFSZ SYS ALRM ABRT PIPE USR1 TRAP BUS"
    number = signal.Signals[f"SIG{rng.choice(names.split())}"]
    expect(
        soak,
        rng,
        "signal",
        guests.end_by,
        (number,),
        error=WorkerDied,
        signal=number,
    )


def crashes(soak: Soak, rng: random.Random) -> None:
    expect(soak, rng, "signal", guests.segfault, signal=signal.SIGSEGV)
    expect(soak, rng, "signal", guests.os.abort, signal=signal.SIGABRT)


def prints(soak: Soak, rng: random.Random) -> None:
    """And then returns, raises, exits or is killed."""
    lines = [rng.choice(WORDS) for _ in range(rng.randrange(40))]
    aside = rng.choice(WORDS)
    printed = "".join(f"{line}\n" for line in lines)
    end: dict[str, Any]
    what, args, cause, end = rng.choice(
        [
            (abs, (-1,), "returned", {"value": 1}),
            (divmod, (1, 0), "raised", {}),
            (guests.os._exit, (7,), "exit", {"exitcode": 7}),
            (guests.end_by, (9,), "signal", {"signal": 9}),
            (guests.sleep_for_ever, (), "timeout", {"timeout": 1.0}),
        ]
    )
    expect(
        soak,
        rng,
        cause,
        guests.told,
        (lines, aside, what, *args),
        out=printed,
        # An interpreter that is ended writes no part of a line.
        err=aside if cause in ("returned", "raised") else None,
        **end,
    )


def prints_to_targets(soak: Soak, rng: random.Random) -> None:
    lines = [f"{n} {rng.choice(WORDS)}" for n in range(rng.randrange(2000))]
    printed = "".join(f"{line}\n" for line in lines)
    text, data, pieces = io.StringIO(), io.BytesIO(), list[str]()
    target: Any = rng.choice([text, data, pieces.append])
    args = (lines, "", abs, -1)
    to = {"value": 1, "stdout": target}
    if not expect(soak, rng, "returned", guests.told, args, **to):
        return
    found = text.getvalue() + "".join(pieces)
    found += data.getvalue().decode()
    if found != printed:
        raise Wrong("what arrived is not what was printed", len(lines))


def is_large(soak: Soak, rng: random.Random) -> None:
    size = rng.randrange(1, 24 << 20)
    data = rng.randbytes(997)
    wanted = (data * (size // 997 + 1))[:size]
    args = (size, data)
    expect(soak, rng, "returned", guests.as_bytes, args, value=wanted)
    total = hashlib.sha256(wanted).hexdigest()
    expect(soak, rng, "returned", guests.sum_of, (wanted,), value=total)


def is_late(soak: Soak, rng: random.Random) -> None:
    what = rng.choice([guests.sleep_for_ever, guests.spin])
    seconds = rng.uniform(0.01, 0.4)
    expect(soak, rng, "timeout", what, timeout=seconds, error=CallTimeout)


def reads(soak: Soak, rng: random.Random) -> None:
    data = rng.randbytes(rng.choice([0, 1, 4096, 70000, 3 << 20]))
    total = hashlib.sha256(data).hexdigest()
    source = rng.choice([data, io.BytesIO(data)])
    expect(soak, rng, "returned", guests.digest, value=total, stdin=source)


def passes_a_limit(soak: Soak, rng: random.Random) -> None:
    """The caller's or the kernel's word."""
    most: Any
    cause, what, args, most = rng.choice(
        [
            ("cpu_time", guests.spin, (), rng.uniform(0.05, 0.3)),
            ("cpu_time", guests.deaf, (guests.spin,), 0.1),
            ("output", guests.flood, (1, 1000), rng.randrange(20000)),
            ("output", guests.flood, (2, 70000), rng.randrange(200000)),
            ("result", bytes, (5000,), rng.randrange(5000)),
            ("result", bytes, (5 << 20,), rng.randrange(3 << 20)),
        ]
    )
    expect(
        soak,
        rng,
        cause,
        what,
        args,
        limits=Limits(**{cause: most}),
        error=LimitExceeded,
        signal=9 if cause == "cpu_time" else None,
        out=None,
        err=None,
    )


def meets_a_limit(soak: Soak, rng: random.Random) -> None:
    """One that makes a system call fail."""
    mib = 1 << 20
    limits: dict[str, Any]
    what, args, limits = rng.choice(
        [
            (bytearray, (200 * mib,), {"memory": 64 * mib}),
            (guests.open_files, (), {"open_files": 64}),
        ]
    )
    causes = ("raised", *limits)
    expect(soak, rng, causes, what, args, limits=Limits(**limits))


def has_threads(soak: Soak, rng: random.Random) -> None:
    few = Limits(threads=8)
    expect(soak, rng, "returned", guests.start_threads, value=7, limits=few)


def fills_files(soak: Soak, rng: random.Random) -> None:
    mib = 1 << 20
    limits = rng.choice([{"file_size": mib}, {"tmp_size": mib}])
    expect(
        soak,
        rng,
        ("raised", *limits),
        guests.write_file,
        (f"/tmp/{MARK}file", 2 * mib),
        limits=Limits(**limits),
        error=OSError if "file_size" in limits else None,
    )


def is_refused(soak: Soak, rng: random.Random) -> None:
    """What cannot come back."""
    expect(soak, rng, "unsafe_result", guests.Own, error=UnsafeResultError)
    lock = threading.Lock
    expect(soak, rng, "serialization", lock, error=SerializationError)


CASES = (
    returns,
    returns,
    returns_own,
    raises,
    dies,
    crashes,
    prints,
    prints_to_targets,
    is_large,
    is_late,
    reads,
    passes_a_limit,
    meets_a_limit,
    is_refused,
)
#: For tiers with namespaces.
IN_NAMESPACES = (fills_files, has_threads)
