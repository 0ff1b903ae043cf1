"""Calls that do what calls do: print, raise, read, answer at length.

For ``boxed bench`` and the project's own benchmarks.  Each is measured in
turns with the plain call, beside which it has no reason to be slower.
"""

from __future__ import annotations

import io
from math import sqrt

from .._limits import Limits
from .._run import call, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = "plain"
_LINES = "for _ in range(1024): print('x' * 63)"
_INPUT = b"x" * 65536
_LIMITS = Limits(
    cpu_time=5, memory=256 << 20, threads=4, open_files=32, output=1 << 20
)


def _plain(isolation: str) -> None:
    run(sqrt, (4,), isolation=isolation)


def _by_value(isolation: str) -> None:
    run(lambda x: sqrt(x), (4,), isolation=isolation)


def _line(isolation: str) -> None:
    run(print, ("hello",), isolation=isolation, stdout=io.BytesIO())


def _lines(isolation: str) -> None:
    run(exec, (_LINES,), isolation=isolation, stdout=io.BytesIO())


def _raises(isolation: str) -> None:
    try:
        run(sqrt, (-4,), isolation=isolation)
    except ValueError:
        return
    raise AssertionError("it did not raise")


def _limited(isolation: str) -> None:
    run(sqrt, (4,), isolation=isolation, limits=_LIMITS)


def _result(isolation: str) -> None:
    run(bytes, (65536,), isolation=isolation)


def _reads(isolation: str) -> None:
    run(eval, ("__import__('sys').stdin.read()",), isolation=isolation)


def _given(isolation: str) -> None:
    code = "len(__import__('sys').stdin.read())"
    run(eval, (code,), isolation=isolation, stdin=_INPUT)


def _outcome(isolation: str) -> None:
    call(sqrt, (4,), isolation=isolation)


KINDS: dict[str, Callable[[str], None]] = {
    PLAIN: _plain,
    "goes by value": _by_value,
    "prints a line": _line,
    "prints 64 KiB in 1024 lines": _lines,
    "raises": _raises,
    "has limits": _limited,
    "returns 64 KiB": _result,
    "reads its input to the end": _reads,
    "reads 64 KiB that it was given": _given,
    "has its outcome told": _outcome,
}
