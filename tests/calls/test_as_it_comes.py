"""Output arrives as it is printed: the caller sees a line before the guest
computes the next, and what takes it may be a function."""

from __future__ import annotations

import io

import pytest

from boxed import BoxedError, LimitExceeded, RemoteError, Sandbox, call, run

ANSWERED = """
import os, sys
for number in range(5):
    {print}
    while not os.path.exists({folder!r} + "/" + str(number)):
        pass
"""
PRINTS = {
    "print": "print(number)",
    "stderr": "print(number, file=sys.stderr)",
    "write": "sys.stdout.write(f'{number}\\n')",
    "several": "print(number); print('and more')",
    "flushed": "print(number, end=' ', flush=True)",
    "descriptor": "os.write(1, b'%d\\n' % number)",
}


@pytest.mark.parametrize("how", PRINTS)
@pytest.mark.parametrize("kind", ["function", "file"])
def test_a_line_is_here_before_the_next(how, kind, tmp_path):
    """The guest waits for an answer to each line, and without one for
    ever."""
    tmp_path.chmod(0o777)
    pieces: list[str] = []

    def answer(text: str) -> None:
        pieces.append(text)
        for word in "".join(pieces).split():
            if word.isdigit():
                (tmp_path / word).touch()

    class File(io.StringIO):
        def write(self, text):
            answer(text)
            return len(text)

    target = answer if kind == "function" else File()
    stream = "stderr" if how == "stderr" else "stdout"
    code = ANSWERED.format(print=PRINTS[how], folder=str(tmp_path))
    run(exec, (code,), read=[str(tmp_path)], **{stream: target})
    numbers = [word for word in "".join(pieces).split() if word.isdigit()]
    assert numbers == list("01234")


def test_a_function_gets_text():
    pieces: list[str] = []
    data = b"\x1b]0;owned\x07caf\xc3\xa9\xff\n"
    run(eval, (f"__import__('os').write(1, {data!r})",), stdout=pieces.append)
    assert "".join(pieces) == "\\x1b]0;owned\\x07caf\xe9\\xff\n"


def test_a_character_is_never_cut():
    """Whatever the guest writes at once."""
    pieces: list[str] = []
    code = (
        "import os\n"
        "for byte in 'h\\xe9\\u20ac\\U0001f600'.encode() * 20:\n"
        "    os.write(1, bytes([byte]))"
    )
    run(exec, (code,), stdout=pieces.append)
    assert "".join(pieces) == "h\xe9\u20ac\U0001f600" * 20


def test_a_sandbox_has_them_too():
    pieces: list[str] = []
    with Sandbox(stdout=pieces.append) as sandbox:
        sandbox.run(print, ("one",))
        list(sandbox.map(print, ["two", "three"], chunksize=2))
    assert "".join(pieces) == "one\ntwo\nthree\n"


ERRORS = {
    "an exception": ZeroDivisionError("mine"),
    "an interrupt": KeyboardInterrupt(),
    "one of boxed's": LimitExceeded("mine", "output"),
    "another call's": BoxedError("mine"),
}


@pytest.mark.parametrize("entry", [run, call])
@pytest.mark.parametrize("which", ERRORS)
def test_what_it_raises_ends_the_call(entry, which):
    """It is raised, by call() too, which else raises nothing; the guest,
    which would print for ever, is gone, and the next call works."""
    error = ERRORS[which]

    def refuse(text: str) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        entry(exec, ("while True: print('line')",), stdout=refuse)
    assert caught.value is error
    assert run(abs, (-1,)) == 1


def test_it_may_make_a_call_itself():
    pieces: list[str] = []

    def inner(text: str) -> None:
        with pytest.raises(RemoteError):
            run(eval, ("1 / 0",))
        pieces.append(text * run(abs, (-2,)))

    run(exec, ("for _ in range(3): print('x')",), stdout=inner)
    assert "".join(pieces).split() == ["x"] * 6


def test_what_is_printed_last_without_a_newline():
    pieces: list[str] = []
    run(eval, ("print('no end', end='')",), stdout=pieces.append)
    assert "".join(pieces) == "no end"
