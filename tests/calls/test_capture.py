"""stdout='capture': what a call printed is kept, however the call ends."""

from __future__ import annotations

import io
import time

import pytest

import boxed._calls.attempt
from boxed import (
    CallTimeout,
    LimitExceeded,
    Limits,
    RemoteError,
    WorkerDied,
    run,
)
from boxed._calls.output import CAPTURE, Streams

PRINT = """
import ctypes, os, signal, sys
print("one")
print("two", file=sys.stderr)
"""
#: How a call ends: what the guest does, and what is raised.
ENDS = {
    "returns": ("", None),
    "raises": ("raise KeyError(1)", RemoteError),
    "exits": ("os._exit(0)", WorkerDied),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", WorkerDied),
    "segfaults": ("ctypes.string_at(0)", WorkerDied),
    "never ends": ("while True: pass", CallTimeout),
    "uses its time up": ("while True: pass", LimitExceeded),
    "prints too much": ("os.write(1, b'.' * 200)", LimitExceeded),
    "is no protocol": ("os.write(3, b'.' * 200)", boxed.ProtocolError),
}


@pytest.fixture
def kept(monkeypatch):
    """The streams of each call, as the calls make them."""
    made: list[Streams] = []

    class Kept(Streams):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(boxed._calls.attempt, "Streams", Kept)
    return made


def captured(streams: Streams) -> tuple[str | None, str | None]:
    return streams.captured(0), streams.captured(1)


@pytest.mark.parametrize("end", ENDS)
def test_it_is_complete_at_any_end(end, kept, capfd):
    does, raised = ENDS[end]
    limits = Limits(output=100)
    if "time" in end:
        limits = Limits(cpu_time=1)
    options = {"timeout": 2} if end == "never ends" else {}
    arguments = {"stdout": CAPTURE, "stderr": CAPTURE, "limits": limits}
    if raised is None:
        run(exec, (PRINT + does,), **arguments)
    else:
        with pytest.raises(raised):
            run(exec, (PRINT + does,), **arguments, **options)
    out = "one\n" + "." * 96 if raised is LimitExceeded else "one\n"
    assert captured(kept[-1]) == ("one\n" if "time" in end else out, "two\n")
    assert capfd.readouterr() == ("", "")


LATE = """
import os
print("first")
while not os.path.exists({seen!r}):
    pass
os.write(2, b"late \\xc3\\xa9")
print("second")
os.mkdir({printed!r})
while True:
    pass
"""


@pytest.mark.parametrize("kind", [io.BytesIO, io.StringIO])
def test_what_nobody_had_read_at_the_deadline(kind, kept, tmp_path):
    """The caller is busy with the first line until the deadline is over, and
    the guest has printed the second one by then."""
    tmp_path.chmod(0o777)
    seen, printed = tmp_path / "seen", tmp_path / "printed"
    begun, timeout = time.monotonic(), 3

    class Slow(kind):
        def write(self, data):
            seen.touch()
            while not printed.exists() or (time.monotonic() < begun + timeout):
                pass
            return super().write(data)

    target = Slow()
    with pytest.raises(CallTimeout):
        run(
            exec,
            (LATE.format(seen=str(seen), printed=str(printed)),),
            stdout=target,
            stderr=CAPTURE,
            write=[str(tmp_path)],
            timeout=timeout,
        )
    whole = "first\nsecond\n"
    assert target.getvalue() == (
        whole if kind is io.StringIO else whole.encode()
    )
    assert captured(kept[-1]) == (None, "late \xe9")


def test_text_is_that_of_a_text_file(kept):
    data = b"\x1b]0;owned\x07caf\xc3\xa9\xff\r\n"
    text, source = io.StringIO(), f"__import__('os').write(1, {data!r})"
    run(eval, (source,), stdout=CAPTURE)
    captured = kept[-1].captured(0)
    run(eval, (source,), stdout=text)
    assert captured == text.getvalue()
    assert "\x1b" not in text.getvalue()


def test_invalid_bytes_are_all_there(kept):
    """Each is four characters, and the limit counts bytes."""
    code = "__import__('os').write(1, b'\\xff' * 100)"
    run(eval, (code,), stdout=CAPTURE, limits=Limits(output=100))
    assert kept[-1].captured(0) == "\\xff" * 100
    target = io.StringIO()
    run(eval, (code,), stdout=target, limits=Limits(output=100))
    assert target.getvalue() == "\\xff" * 100
