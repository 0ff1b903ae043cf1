"""stdin=: what a call reads on its descriptor 0."""

from __future__ import annotations

import errno
import io
import os
import subprocess
from pathlib import Path

import pytest

from boxed import LimitExceeded, Limits, RemoteError, Sandbox, call, run

LINES = "one\nzwei \xe9\n\nlast"
#: Ways to read all of it, each an expression whose value is text.
WAYS = {
    "read": "sys.stdin.read()",
    "lines": "''.join(sys.stdin)",
    "readline": "''.join(iter(sys.stdin.readline, ''))",
    "bytes": "sys.stdin.buffer.read().decode()",
    "descriptor": "b''.join(iter(lambda: os.read(0, 3), b'')).decode()",
    "opened": "open(0, encoding='utf-8', closefd=False).read()",
    "input": "input() + '\\n' + input() + '\\n' + input() + '\\n' + input()",
}
SOURCES = {
    "text": lambda: LINES,
    "bytes": LINES.encode,
    "bytearray": lambda: bytearray(LINES.encode()),
    "text file": lambda: io.StringIO(LINES),
    "binary file": lambda: io.BytesIO(LINES.encode()),
}


def reading(way: str) -> tuple[str]:
    code = "(lambda os, sys: {})(__import__('os'), __import__('sys'))"
    return (code.format(way),)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_read(way):
    assert run(eval, reading(WAYS[way]), stdin=LINES) == LINES


@pytest.mark.parametrize("source", SOURCES)
def test_every_source(source):
    made = SOURCES[source]()
    assert run(eval, reading("sys.stdin.read()"), stdin=made) == LINES


@pytest.mark.parametrize("way", ["sys.stdin.read()", "os.read(0, 9)"])
@pytest.mark.parametrize("source", [None, subprocess.DEVNULL, "", b""])
def test_nothing_to_read(way, source):
    assert not run(eval, reading(way), stdin=source)
    with pytest.raises(EOFError):
        run(eval, ("input()",), stdin=source)


def test_a_file_is_read_from_where_it_is(tmp_path):
    """As its holder sees it, whose position is then at the end."""
    path = tmp_path / "input"
    path.write_bytes(b"skipped\n" + b"x" * 3_000_000)
    with path.open("rb") as file:
        file.readline()
        got = run(eval, reading("len(sys.stdin.read())"), stdin=file)
        assert got == 3_000_000
        assert file.read() == b""
    near, far = os.pipe()
    with os.fdopen(near) as pipe:
        os.write(far, b"piped")
        os.close(far)
        assert run(eval, reading("input()"), stdin=pipe) == "piped"


def test_a_file_that_has_nothing_yet():
    """What it will have cannot be waited for; it is not taken as empty."""
    near, far = os.pipe()
    os.set_blocking(near, False)
    with os.fdopen(near, "rb", buffering=0) as pipe:
        with pytest.raises(BlockingIOError) as caught:
            run(abs, (-1,), stdin=pipe)
        assert caught.value.errno == errno.EAGAIN
    os.close(far)


ECHO = """
import sys
for line in sys.stdin:
    sys.stdout.write(line)
"""


def test_much_in_and_much_out():
    """Nobody waits for somebody who waits for him."""
    data = b"0123456789abcde\n" * (1 << 20)
    target = io.BytesIO()
    limits = Limits(output="16M")
    run(exec, (ECHO,), stdin=data, stdout=target, limits=limits)
    assert target.getvalue() == data


def test_each_call_of_a_sandbox_has_its_own():
    """Those that find a standby too, and those that have none."""
    with Sandbox(stdin="the sandbox's") as sandbox:
        for number in range(8):
            got = sandbox.run(eval, ("input()",), stdin=str(number))
            assert got == str(number)
        assert sandbox.run(eval, ("input()",)) == "the sandbox's"
        assert sandbox.call(eval, ("input()",), stdin="7").value == "7"
        assert sandbox.run(*reading_all(), stdin=None) == ""
        assert (
            list(sandbox.map(eval, ["input()"] * 3)) == ["the sandbox's"] * 3
        )


def reading_all():
    return eval, reading("sys.stdin.read()")


def test_it_goes_with_a_large_request():
    """Both have a descriptor, in one message."""
    code = "len(data), __import__('sys').stdin.read()"
    names = {"data": bytes(2 << 20)}
    assert run(eval, (code, names), stdin="beside") == (2 << 20, "beside")


def test_there_may_be_as_much_as_of_a_request():
    limits = Limits(request=1000)
    assert run(*reading_all(), stdin=b"x" * 1000, limits=limits)
    for source in (b"x" * 1001, io.StringIO("x" * 1001), Endless()):
        with pytest.raises(LimitExceeded) as caught:
            run(*reading_all(), stdin=source, limits=limits)
        assert caught.value.resource == "request"


class Endless:
    def read(self, size: int) -> bytes:
        return b"x" * size


def test_what_is_left_unread_is_no_matter():
    assert run(abs, (-1,), stdin=b"x" * 5_000_000) == 1
    outcome = call(exec, ("1 / 0",), stdin=b"x" * 5_000_000)
    assert isinstance(outcome.exception, RemoteError)


def test_nothing_of_it_stays_open():
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with Sandbox() as sandbox:
        sandbox.run(abs, (-1,))
        before = descriptors()
        for _ in range(50):
            sandbox.run(*reading_all(), stdin="x" * 1000)
        assert descriptors() <= before + 16 * 4


EACH = """
import os, fcntl
def tried(function, *args):
    try:
        return function(*args)
    except OSError as error:
        return error.errno
def reopen(flags):
    fd = os.open("/proc/self/fd/0", flags)
    try:
        return os.write(fd, b"evil")
    finally:
        os.close(fd)
print([
    tried(os.write, 0, b"evil"),
    tried(os.pwrite, 0, b"evil", 0),
    tried(os.ftruncate, 0, 1),
    tried(os.ftruncate, 0, 100),
    tried(reopen, os.O_WRONLY),
    tried(reopen, os.O_RDWR),
    tried(fcntl.fcntl, 0, 1033, 16),
])
print(os.read(0, 100))
"""


def test_it_cannot_be_changed():
    """Not even by the guest itself, so by nobody else who may hold it."""
    outcome = call(exec, (EACH,), stdin=b"genuine")
    answers, content = outcome.stdout.splitlines()
    assert all(isinstance(one, int) and 0 < one < 100 for one in eval(answers))
    assert content == "b'genuine'"


def test_a_plain_file_could_be_changed(tmp_path):
    """The control: the same outside, on a file that is open for both."""
    path = tmp_path / "file"
    path.write_bytes(b"genuine")
    with path.open("r+b") as file:
        done = subprocess.run(
            ["python3", "-c", EACH], stdin=file, capture_output=True, text=True
        )
    answers, content = done.stdout.splitlines()
    assert eval(answers)[:6] == [4, 4, None, None, 4, 4]
    assert "genuine" not in content


FLAGS = """
import fcntl, os
os.set_blocking(0, False)
os.lseek(0, 0, 2)
"""


def test_the_callers_own_file_is_not_touched(tmp_path):
    """Position and flags belong to whoever holds the open file; a guest does
    not hold the caller's."""
    path = tmp_path / "file"
    path.write_bytes(b"genuine")
    with path.open("rb", buffering=0) as file:
        run(exec, (FLAGS,), stdin=file)
        assert os.get_blocking(file.fileno())
        file.seek(0)
        # The control: a child that inherits it does both.
        subprocess.run(["python3", "-c", FLAGS], stdin=file, check=True)
        assert file.tell() == len(b"genuine")
        assert not os.get_blocking(file.fileno())
