"""stdout= and stderr=: where the guest's output goes, and in which form."""

from __future__ import annotations

import codecs
import contextlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from guest_code import guest_code

from boxed import CallTimeout, LimitExceeded, Limits, Sandbox, run

# A terminal would be told to rename its window, and half a character.
RAW = b"\x1b]0;owned\x07caf\xc3\xa9\xff\n"
ESCAPED = "\\x1b]0;owned\\x07caf\xe9\\xff\n"
WRITE = "__import__('os').write({}, {!r})"


def written(to: int = 1, data: bytes = RAW, **options) -> int:
    return run(eval, (WRITE.format(to, data),), **options)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_binary_file_gets_the_bytes(stream):
    target = io.BytesIO()
    number = 1 if stream == "stdout" else 2
    assert written(number, **{stream: target}) == len(RAW)
    assert target.getvalue() == RAW


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_text_file_gets_nothing_but_text(stream):
    target = io.StringIO()
    written(1 if stream == "stdout" else 2, **{stream: target})
    assert target.getvalue() == ESCAPED


def test_the_callers_own_stream_gets_nothing_but_text(capsys):
    written(1)
    written(2)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (ESCAPED, ESCAPED)


def test_nowhere(capfd):
    written(1, stdout=subprocess.DEVNULL)
    written(2, stderr=subprocess.DEVNULL)
    assert capfd.readouterr() == ("", "")
    # The other one is where it was.
    written(2, stdout=subprocess.DEVNULL)
    assert capfd.readouterr().err == ESCAPED


def test_nowhere_is_limited_too():
    """Else a guest could print for ever where nobody looks."""
    with pytest.raises(LimitExceeded) as caught:
        written(
            data=b"x" * 101,
            stdout=subprocess.DEVNULL,
            limits=Limits(output=100),
        )
    assert caught.value.resource == "output"


def test_the_head_is_kept():
    target = io.BytesIO()
    with pytest.raises(LimitExceeded):
        written(data=b"x" * 101, stdout=target, limits=Limits(output=100))
    assert target.getvalue() == b"x" * 100


@pytest.mark.parametrize(("mode", "expected"), [("w+b", RAW), ("w+", ESCAPED)])
@pytest.mark.parametrize("wrapper", ["named", "spooled"])
def test_files_of_tempfile(wrapper, mode, expected):
    """They are no io classes, but say what they are."""
    make = {
        "named": tempfile.NamedTemporaryFile,
        "spooled": tempfile.SpooledTemporaryFile,
    }[wrapper]
    text = {} if "b" in mode else {"encoding": "utf-8"}
    with make(mode=mode, **text) as target:
        written(stdout=target)
        target.seek(0)
        assert target.read() == expected


def test_an_unbuffered_file_gets_all():
    """write() of a raw file may take less than it is given."""

    class Slow(io.RawIOBase):
        got = b""

        def write(self, data):
            self.got += bytes(data[:3])
            return 3

    target = Slow()
    written(stdout=target)
    assert target.got == RAW


def test_a_file_of_codecs_takes_text():
    """Though its mode is that of the bytes below."""
    with tempfile.NamedTemporaryFile() as file:
        with codecs.open(file.name, "w", "utf-8") as target:
            written(stdout=target)
        assert file.read().decode() == ESCAPED


def test_a_file_that_fails_ends_the_call():
    class Full(io.RawIOBase):
        def write(self, data):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        written(stdout=Full())
    assert run(abs, (-3,)) == 3


def test_what_is_no_file_is_refused():
    for wrong in (1, "name", b"", [], -1):
        with pytest.raises(TypeError, match="stderr="):
            run(abs, (-3,), stderr=wrong)


def test_a_sandbox_has_them_too():
    target = io.BytesIO()
    with Sandbox(stdout=target) as sandbox:
        sandbox.run(print, ("one",))
        list(sandbox.map(print, ["two", "three"], chunksize=2))
    assert target.getvalue() == b"one\ntwo\nthree\n"


def test_redirection_is_looked_up_when_it_is_written():
    target = io.StringIO()
    with contextlib.redirect_stdout(target):
        run(print, ("seen",))
    assert target.getvalue() == "seen\n"
    assert sys.stdout is not target


PROGRAMS = Path(__file__).parent / "programs"
FORGES = guest_code(PROGRAMS / "forges.py")
FAMILY = Limits(processes=4, output=1 << 40)
LIVES_ON = {
    "output, answer": ("print('out', flush=True); answer()", None),
    "both streams": (
        "print('out', flush=True); print('error', file=sys.stderr); answer()",
        None,
    ),
    "more than a pipe holds": (
        "print('out' * 100000, flush=True); answer()",
        None,
    ),
    "as much as it holds": (
        "os.write(1, b'out' + b'.' * 65533); answer()",
        None,
    ),
    "a thread prints on": (
        "os.write(1, b'out'); start(print_on); answer()",
        Limits(output=1 << 40),
    ),
    "a process prints on": (
        "os.write(1, b'out')\nif os.fork() == 0: print_on()\nanswer()",
        FAMILY,
    ),
    "a process holds the pipes": (
        "os.write(1, b'out')\nif os.fork() == 0: forever()\nanswer()",
        FAMILY,
    ),
}


@pytest.mark.parametrize("how", LIVES_ON)
def test_an_answer_waits_for_no_end(how):
    """A call is over when its answer was read, with all that was printed
    before; the worker, which never ends, is not waited for."""
    source, limits = LIVES_ON[how]
    target = io.BytesIO()
    source = f"{FORGES}{source}\nforever()\n"
    assert run(exec, (source,), stdout=target, limits=limits) is None
    assert target.getvalue().startswith(b"out")


@pytest.mark.parametrize("limits", [Limits(), FAMILY])
def test_without_an_answer_its_end_is_waited_for(limits):
    """The control: such a guest ends at no time of its own."""
    target = io.BytesIO()
    with pytest.raises(CallTimeout):
        run(
            exec,
            (f"{FORGES}print('out', flush=True)\nforever()\n",),
            stdout=target,
            limits=limits,
            timeout=1,
        )
    assert target.getvalue() == b"out\n"
