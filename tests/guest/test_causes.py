"""What became of a call is told as what it was: by a guest that has used up
its memory, its stack or its limits, or broken what it is told with.

In every environment, since what tells runs behind all the walls.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from core import check_file
from here import run_here

from boxed import (
    LimitExceeded,
    Limits,
    RemoteError,
    SerializationError,
    SetupError,
    WorkerDied,
    run,
)

PROGRAMS = Path(__file__).parent / "programs"

MIB = 1 << 20


def guest(name: str) -> str:
    """The code of one."""
    return (PROGRAMS / f"{name}.py").read_text()


# Exceptions that do what they can not to be told.
HOSTILE = {
    "a traceback": "__traceback__ = property(lambda self: 1 / 0)",
    "args": "args = property(lambda self: 1 / 0)",
    "a class": "__class__ = property(lambda self: 1 / 0)",
    "any attribute": "__getattribute__ = lambda self, name: 1 / 0",
    "text that is none": "__str__ = lambda self: None",
    "text that raises": "__str__ = lambda self: 1 / 0",
    "text that ends": "__str__ = lambda self: exit(3)",
    "text without end": "__str__ = lambda self: str(self)",
    "a notes' list": "__notes__ = ['n'] * 10**5",
    "no module": "__module__ = None",
}


def test_full_memory_is_told(environment):
    """As a MemoryError where it is one; and what was raised is told though
    memory is full, or returned, or was no error of memory's at all."""
    check_file(
        environment,
        PROGRAMS / "full_memory_is_told.py",
        beside=[PROGRAMS / "fill.py"],
    )


def test_a_death_for_want_of_memory_has_a_word_of_it(environment):
    """What native code makes of a null pointer is a signal; the kernel knows
    how much it had (control: one that dies with little has no such word)."""
    check_file(
        environment,
        PROGRAMS / "a_death_for_want_of_memory_has_a_word_of_it.py",
    )


def test_small_results_hide_no_exception(environment):
    """What tells of an error does not count as a result; a value does."""
    check_file(environment, PROGRAMS / "small_results_hide_no_exception.py")


def test_what_a_guest_breaks_is_not_what_is_told(environment):
    """It returns, and it raises, as if it had broken nothing."""
    check_file(
        environment, PROGRAMS / "what_a_guest_breaks_is_not_what_is_told.py"
    )


@pytest.mark.parametrize("what", HOSTILE)
def test_exceptions_that_will_not_be_told(what):
    """Each is told as what it is, with what can be told of it."""
    source = f"class E(ValueError):\n    {HOSTILE[what]}\nraise E('x')"
    with pytest.raises(ValueError) as caught:
        run(exec, (source,), timeout=60)
    assert isinstance(caught.value, RemoteError)
    assert caught.value.type_name.endswith("E")
    assert caught.value.args == ("x",)
    assert caught.value.message


def test_classes_that_will_not_be_told():
    """By a metaclass and a text that refuse whatever is asked of them."""
    with pytest.raises(ValueError) as caught:
        run(exec, (guest("refuses_all"),))
    assert caught.value.type_name == "__main__.Error"
    assert caught.value.message == "told"
    assert caught.value.args == ("x",)


@pytest.mark.parametrize("hook", ["settrace", "setprofile"])
@pytest.mark.parametrize("end", ["", "raise ValueError('x')"])
def test_a_hook_that_raises(hook, end):
    """Whatever is called next raises what the hook does, and that is told,
    be it what tells."""
    source = f"import sys\nsys.{hook}(lambda *args: 1 / 0)\n{end}"
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,), timeout=60)
    assert isinstance(caught.value, ZeroDivisionError)
    assert caught.value.message


def test_threads_that_take_all_memory():
    """They take what was put aside for telling, too; it is told still."""
    source = guest("takers") + guest("fill")
    source += "gate.release()\nraise MemoryError"
    for _ in range(5):
        with pytest.raises(MemoryError) as caught:
            run(exec, (source,), limits=Limits(memory=32 * MIB), timeout=60)
        error = caught.value
        if isinstance(error, LimitExceeded):
            error = error.__cause__
        assert isinstance(error, RemoteError)
        assert isinstance(error, MemoryError)


def test_what_was_put_aside_is_little_more():
    """A guest that takes it has that much more than its limit, and no more
    (control: what it has before)."""
    printed = run_here(PROGRAMS / "put_aside.py")
    before, after = map(float, printed.split())
    assert 24 < before <= 32
    assert before + 7 < after <= before + 8


@pytest.mark.parametrize(
    ("kind", "made"),
    [("module", "__import__('sys')"), ("memoryview", "memoryview(b'x')")],
)
def test_results_that_are_no_values(kind, made):
    """Each is named, with the reason."""
    with pytest.raises(ValueError, match=kind):
        run(eval, (made,))


@pytest.mark.parametrize(
    ("source", "name", "attribute", "value"),
    [
        ("import sys; sys.exit(3)", "SystemExit", "code", 3),
        ("raise SystemExit", "SystemExit", "code", None),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "args", ()),
        ("raise GeneratorExit", "GeneratorExit", "args", ()),
        ("raise StopIteration(5)", "StopIteration", "value", 5),
        (
            "class E(StopIteration): pass\nraise E(5)",
            "__main__.E",
            "value",
            5,
        ),
    ],
)
def test_what_steers_is_told_and_does_not_steer(
    source, name, attribute, value
):
    """No instance of what ends loops, generators or the program."""
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,))
    assert type(caught.value) is RemoteError
    assert caught.value.type_name == name
    assert getattr(caught.value, attribute) == value


def test_the_longest_that_can_be_told():
    """It fits in what the caller takes: a message, a traceback, args,
    attributes and notes of what takes the most bytes each."""
    with pytest.raises(OSError, match="ud800") as caught:
        run(exec, (guest("longest"),))
    error = caught.value
    assert isinstance(error, RemoteError)
    assert (error.errno, len(error.args)) == (5, 2)
    assert len(error.message) > 65536 < len(error.traceback)
    assert error.notes and error.filename and error.filename2


@pytest.mark.parametrize("text", ["x", "\u4e2d", "\ud800"])
def test_a_long_import_error_is_told(text, tmp_path, monkeypatch):
    """A sandbox that cannot import says what was raised, however long."""
    name = f"raises_{ord(text)}"
    (tmp_path / f"{name}.py").write_text(
        f"raise ImportError({text!a} * 10**6)"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SetupError) as caught:
        run(abs, (-1,), imports=[name])
    assert caught.value.stage == "imports"
    assert "ImportError" in str(caught.value)
    assert len(str(caught.value)) < 10**5


def test_an_end_is_an_end():
    """With its own status, and at once where there is nobody to answer to."""
    with pytest.raises(WorkerDied) as caught:
        run(exec, ("import os; os._exit(3)",))
    assert caught.value.exitcode == 3
    with pytest.raises(WorkerDied) as caught:
        run(exec, ("import os; os.closerange(3, 256)",))
    assert caught.value.exitcode == 1


def test_deep_recursion_is_told():
    """In Python, and in what is sent."""
    with pytest.raises(RecursionError):
        run(exec, ("def f():\n    f()\nf()",))
    nested = (
        "__import__('functools').reduce(lambda value, _: [value],"
        " range({}), [])"
    )
    assert run(eval, (nested.format(100),))
    with pytest.raises(SerializationError, match="recursion"):
        run(eval, (nested.format(10**5),))
