"""What is known of an exception that the function raised: text, all of it."""

from __future__ import annotations

import builtins
import codecs
import contextlib
import pickle
import sys
import traceback

import pytest

from boxed import (
    RemoteError,
    Sandbox,
    run,
)
from boxed._answers.remote_errors import _ORDINARY
from boxed._guest.exceptions import KNOWN
from boxed._wire.exception_format import FIELDS

pytestmark = pytest.mark.fast

NOTED = """
error = ValueError("wrong")
error.__notes__ = ["first \\x1b[2J", "second"]
raise error
"""
CHAINED = """
try:
    try:
        {}["inner"]
    except KeyError:
        raise OSError(2, "middle")
except OSError as middle:
    raise ValueError("outer") from middle
"""
GROUP = """
raise ExceptionGroup("several", [
    ValueError("one"),
    ExceptionGroup("more", [TypeError("two\\x1b[2J")]),
])
"""
LINKS = """
error = None
for number in range({count}):
    try:
        raise ValueError(f"{{number}}{text}") from error
    except ValueError as caught:
        error = caught
raise error
"""
groups = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="Python 3.11 has exception groups"
)


def raised(source: str) -> RemoteError:
    """The error of a guest that runs the source."""
    with pytest.raises(RemoteError) as caught:
        run(exec, (source,))
    return caught.value


def test_notes_come_along():
    """PEP 678: in order, as printable text, and for older Pythons too."""
    error = raised(NOTED)
    assert isinstance(error, ValueError)
    assert error.notes == ("first \\x1b[2J", "second")
    assert raised("raise ValueError").notes == ()


@pytest.mark.parametrize(
    "notes",
    [
        "5",
        "'text'",
        "[type('N', (), {'__str__': lambda self: 1 / 0})()]",
        "property(lambda self: 1 / 0)",
        "['x' * 10**8]",
        "['x'] * 10**6",
        "type('L', (list,), {'__iter__': lambda self: 1 / 0})()",
    ],
)
def test_notes_of_any_kind(notes):
    """What a guest makes of its notes is bounded text or left out."""
    source = f"raise type('E', (Exception,), {{'__notes__': {notes}}})()"
    error = raised(source)
    assert len(error.notes) <= 64
    assert sum(map(len, error.notes)) < 10**5
    assert all(type(note) is str for note in error.notes)
    assert error.traceback


def test_causes_and_contexts_are_text():
    """A chain is in the traceback, innermost first, as Python prints it."""
    error = raised(CHAINED)
    at = [error.traceback.index(word) for word in ("inner", "middle", "outer")]
    assert at == sorted(at)
    assert "direct cause" in error.traceback
    assert "During handling" in error.traceback
    assert error.__context__ is None
    assert "middle" in str(error.__cause__)


def test_a_chain_that_ends_in_itself():
    """A guest can make a ring of causes; it is printed once."""
    error = raised("a = ValueError('a'); a.__cause__ = a; raise a")
    assert "ValueError: a" in error.traceback
    ring = "a, b = ValueError('a'), KeyError('b')\n"
    ring += "a.__cause__, b.__cause__ = b, a\nraise a"
    assert "KeyError: 'b'" in raised(ring).traceback


@groups
def test_a_group_is_text():
    """A plain RemoteError, whose traceback shows every member, escaped."""
    error = raised(GROUP)
    assert type(error) is RemoteError
    assert error.type_name == "ExceptionGroup"
    assert error.message == "several (2 sub-exceptions)"
    assert "ValueError: one" in error.traceback
    assert "TypeError: two\\x1b[2J" in error.traceback
    assert "\x1b" not in error.traceback


def test_a_long_traceback_keeps_both_ends():
    """Where it began and what happened stay; the middle goes."""
    error = raised(LINKS.format(count=200, text="x" * 1000))
    assert len(error.traceback) <= 65536
    assert "ValueError: 0x" in error.traceback
    assert "\n[...]\n" in error.traceback
    assert f"ValueError: 199{'x' * 1000}\n" in error.traceback


def test_a_chain_too_long_to_print():
    """The interpreter prints none of it; what was raised is there still."""
    error = raised(LINKS.format(count=5000, text=""))
    assert "ValueError: 4999\n" in error.traceback


def test_no_traceback_still_says_so():
    """A guest may break what prints it."""
    source = "import sys\nsys.__excepthook__ = None\nraise ValueError('x')"
    error = raised(source)
    assert str(error) == "x"
    assert error.traceback == "<no traceback: TypeError>"


# Sources, and the builtin exception that each raises or derives from.
SOURCES = {
    "import json; json.loads('x')": ValueError,
    "b'a\\xffb'.decode()": UnicodeDecodeError,
    "'a\u20acb'.encode('latin-1')": UnicodeEncodeError,
    "raise UnicodeTranslateError('abc', 1, 2, 'why')": UnicodeTranslateError,
    "class E(ValueError): pass\nraise E('x', 1)": ValueError,
    "class E(ValueError, KeyError): pass\nraise E('x')": ValueError,
    "class A(KeyError): pass\nclass E(A): pass\nraise E('x')": KeyError,
    "class E(StopIteration, ValueError): pass\nraise E('x')": ValueError,
    "class E(OSError): pass\nraise E(2, 'no', 'a', None, 'b')": OSError,
    "open('/nonexistent')": FileNotFoundError,
    "import os; os.listdir(b'/nonexistent')": FileNotFoundError,
    "import os; os.close(10**6)": OSError,
    "import os; os.rename('/tmp/nonexistent', '/tmp/x')": FileNotFoundError,
    "raise OSError(13, 'no', 'file')": PermissionError,
    "raise OSError(2)": OSError,
    "raise OSError": OSError,
    "raise OSError(2, 'two', 3)": FileNotFoundError,
    "e = OSError(2, 'two'); e.filename = 'later'; raise e": FileNotFoundError,
    "raise TimeoutError('slow')": TimeoutError,
    "{}['missing']": KeyError,
    "{}[('a', 1)]": KeyError,
    "[][0]": IndexError,
    "1/0": ZeroDivisionError,
    "import decimal; decimal.Decimal(1) % 0": ArithmeticError,
    "import no_such.module": ModuleNotFoundError,
    "from os import no_such_name": ImportError,
    "no_such_name": NameError,
    "(5).no_such_name": AttributeError,
    "def f():\n    x\n    x = 1\nf()": UnboundLocalError,
    "import asyncio; raise asyncio.TimeoutError": Exception,
    "raise MemoryError('all')": MemoryError,
    "import numpy; numpy.empty(1 << 50)": MemoryError,
    "raise ValueError": ValueError,
    "raise ValueError('')": ValueError,
    "raise ValueError('two\\nlines\\tand a tab')": ValueError,
    "raise ValueError(1, -2.5, None, True, 'a', b'b', (1, [2]))": ValueError,
    "raise ValueError(1e308, 1e-320, float('inf'), 10**1000)": ValueError,
    "raise ValueError((1, (2, (3, (4, [5])))))": ValueError,
    "raise Exception('plain')": Exception,
    "import subprocess\n"
    "raise subprocess.CalledProcessError(3, 'command')": Exception,
    "raise SyntaxError('odd')": SyntaxError,
    "raise NotImplementedError('later')": NotImplementedError,
}
ATTRIBUTES = {name for names in FIELDS.values() for name in names}


@pytest.mark.parametrize("source", SOURCES)
def test_as_if_it_was_raised_here(source):
    """Type, args, attributes and text are those of the same exception raised
    outside of a sandbox."""
    base = SOURCES[source]
    with pytest.raises(base) as caught:
        exec(source, {})
    here = caught.value
    there = raised(source)
    assert isinstance(there, base)
    assert there.type_name.rpartition(".")[2] == type(here).__qualname__
    assert there.message == str(here)
    if type(there) is RemoteError:
        assert str(there) == f"{there.type_name}: {here}"
    else:
        assert str(there) == str(here)
    if not isinstance(here, (ArithmeticError, MemoryError)):
        # Of decimal's, which are classes, and numpy's, with a dtype.
        assert there.args == here.args
        assert list(map(type, there.args)) == list(map(type, here.args))
    for name in ATTRIBUTES - {"obj"}:
        value = getattr(here, name, None)
        assert getattr(there, name, None) == value, name


def test_args_that_are_no_plain_data():
    """Text of what cannot travel; bounded, and with controls escaped."""
    error = raised(
        "import enum, pathlib\n"
        "class Text(str): pass\n"
        "class Number(enum.IntEnum): ONE = 1\n"
        "raise ValueError({'a': 1}, {2}, 1j, pathlib.Path('/p'), object,"
        " Text('t'), Number.ONE, '\\x1b[2J', '\\ud800')"
    )
    assert error.args == (
        *("{'a': 1}", "{2}", "1j", "PosixPath('/p')", "<class 'object'>"),
        *("t", 1, "\\x1b[2J", "\\ud800"),
    )
    assert {str, int} == set(map(type, error.args))
    ring = raised("ring = []; ring.append(ring); raise ValueError(ring)")
    assert "..." in str(ring.args)
    for args in (
        "'x' * 10**8",
        "b'x' * 10**8",
        "['x' * 9999] * 999",
        "2**5000",
    ):
        error = raised(f"raise ValueError({args})")
        assert len(str(error.args)) < 4 * 65536
    many = raised("raise ValueError(*range(10**6))")
    assert 100 < len(many.args) <= 256


def test_errors_of_unicode_are_whole():
    """What handles them reads their places; one that is too long to come
    along has none, and is still what it is."""
    long = raised("(b'a' * 10**6 + b'\\xff').decode()")
    assert isinstance(long, UnicodeDecodeError)
    assert (long.encoding, long.reason) == ("utf-8", "invalid start byte")
    assert 0 <= long.start <= long.end <= len(long.object)
    for source in (
        "e = UnicodeDecodeError('u', b'abc', 0, 1, 'r'); e.start = 2**40",
        "e = UnicodeDecodeError('u', b'abc', 0, 1, 'r'); e.end = -5",
        "e = UnicodeEncodeError('u', 'abc', 2, 1, 'r')",
        "e = UnicodeDecodeError('u', b'abc', 0, 1, 'r'); del e.reason",
        "class E(UnicodeDecodeError):\n"
        "    object = property(lambda self: 'text')\n"
        "e = E('u', b'abc', 0, 1, 'r')",
    ):
        error = raised(f"{source}\nraise e")
        for handler in ("strict", "replace", "ignore", "backslashreplace"):
            with contextlib.suppress(UnicodeError, TypeError):
                codecs.lookup_error(handler)(error)
        assert 0 <= error.start <= error.end <= len(error.object)
        assert pickle.loads(pickle.dumps(error)).start == error.start


def test_a_traceback_reads_no_file_of_a_guests_choice(tmp_path):
    """Printing a SyntaxError reads the line it names (control: one made
    here); a guest's names none, and none of a module."""
    path = tmp_path / "file.py"
    path.write_text("secret line\n")
    made = SyntaxError("odd", (str(path), 1, 1, None))
    shown = traceback.format_exception(SyntaxError, made, None)
    control = "secret line" in "".join(shown)
    source = (
        f"e = SyntaxError('odd', ({str(path)!r}, 1, 1, None))\n"
        "i = ImportError('no', name='antigravity')\n"
        "i.name_from = 'x'\n"
    )
    error = raised(source + "raise e")
    shown = traceback.format_exception(type(error), error, None)
    assert "secret line" not in "".join(shown[1:])
    assert error.filename is None and error.lineno is None
    assert error.args[0] == "odd" and error.args[1][0] == str(path)
    assert getattr(raised(source + "raise i"), "name_from", None) is None
    assert control or sys.version_info >= (3, 10)


def test_the_table_of_ordinary_exceptions():
    """Every builtin one is in it, or steers, warns, groups or is a base."""
    left_out = (
        *(KeyboardInterrupt, SystemExit, GeneratorExit),
        *(StopIteration, StopAsyncIteration, Warning),
        *(getattr(builtins, "BaseExceptionGroup", Warning),),
    )
    for one in KNOWN:
        is_ordinary = one.__name__ in _ORDINARY.split()
        # Newer than the oldest Python, and its base is in the table.
        new = one.__name__ in (
            "PythonFinalizationError",
            "_IncompleteInputError",
        )
        assert is_ordinary == (not issubclass(one, left_out) and not new), one


@pytest.mark.slow
def test_by_json_and_by_map_they_are_the_same():
    """What is told does not travel with the serializer."""
    error = raised("open('/nonexistent')")
    with pytest.raises(FileNotFoundError) as caught:
        run(exec, ("open('/nonexistent')",), serializer="json")
    assert caught.value.args == error.args
    with Sandbox() as sandbox, pytest.raises(FileNotFoundError) as caught:
        list(sandbox.map(open, ["/nonexistent"]))
    assert caught.value.filename == error.filename
    assert caught.value.args == error.args


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(sys, "set_int_max_str_digits"),
    reason="this Python reads and writes numbers of any length",
)
def test_numbers_that_python_would_not_print():
    """Neither the caller's limit nor the guest's is of concern."""
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(640)
        with pytest.raises(ValueError) as caught:
            run(exec, ("raise ValueError(-(10**1200), [10**1000])",))
        assert caught.value.args == (-(10**1200), [10**1000])
    finally:
        sys.set_int_max_str_digits(before)
    quiet = "import sys; sys.set_int_max_str_digits(640); "
    with pytest.raises(ValueError) as caught:
        run(exec, (quiet + "raise ValueError(10**1200)",))
    assert caught.value.args == (10**1200,)
    assert "ValueError" in caught.value.traceback
