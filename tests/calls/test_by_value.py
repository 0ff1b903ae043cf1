"""Functions that a guest cannot import, and so get there as code."""

from __future__ import annotations

import functools
import json
import re
import sys
import threading
import types
import xml.dom.minidom
from pathlib import Path

import pytest
from here import run_here

from boxed import Sandbox, SerializationError, call, run
from boxed._calls.by_value import modules_of
from boxed._calls.request import encode

PROGRAMS = Path(__file__).parent / "programs"


def script(source: str, **names: object) -> dict[str, object]:
    """The globals of a script that was run."""
    found: dict[str, object] = {"__name__": "__main__", **names}
    exec(source, found)
    return found


def test_a_notebook():
    """With a dataclass of a cell, and a cell that is run again."""
    lines = run_here(PROGRAMS / "notebook.py").splitlines()
    assert lines == [
        *("Point(x=3, y=0)", "Point(x=-1, y=0)", "from inside"),
        "RemoteZeroDivisionError",
    ]


def test_what_it_refers_to_is_imported_once():
    """Before workers are forked (control: cloudpickle, in each)."""
    assert run_here(PROGRAMS / "where_imported.py") == "False\nTrue\n"


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import json\ndef f(): return json.loads('1')", ["json"]),
        ("import json\nf = lambda: (lambda: json)()", ["json"]),
        ("import json\ndef f(): return 1", []),
        (
            "import json\ndef g(): return json\ndef f(): return g()",
            ["json"],
        ),
        ("from json import loads\ndef f(): return loads('1')", ["json"]),
        (
            "import xml\ndef f(): return xml.dom.minidom",
            ["xml", "xml.dom"],
        ),
        (
            "import re\nclass C:\n"
            " @staticmethod\n def m(): return re\n"
            " def __call__(self): return C.m()\nf = C()",
            ["re"],
        ),
        (
            "import re\nclass C:\n @property\n def p(self): return re\n"
            " def m(self): return self.p\nf = C().m",
            ["re"],
        ),
        (
            "import functools, re\ndef g(x): return re\n"
            "f = functools.partial(g, 1)",
            ["functools", "re"],
        ),
        ("def f(): return f()", []),
        ("def f(): return later", []),
        ("def g():\n def f(): return x\n return f\n x = 1\nf = g()", []),
    ],
)
def test_modules_of(source, modules):
    """Of globals, closures, and functions and classes among these."""
    assert list(modules_of(script(source)["f"])) == modules
    assert xml.dom.minidom


class Untouchable:
    """As an object that connects when it is asked anything."""

    def __getattribute__(self, name):
        raise RuntimeError(name)


def test_objects_are_not_asked():
    """Among what a function refers to there may be any."""
    names = script("def f(): return one, re", one=Untouchable(), re=re)
    assert modules_of(names["f"]) == ("re", __name__)


def test_a_module_without_a_spec_is_not_imported(monkeypatch):
    """One that was made by hand has no place where it would be found."""
    monkeypatch.setitem(sys.modules, "by_hand", types.ModuleType("by_hand"))
    names = script("import by_hand\ndef f(): return by_hand")
    assert modules_of(names["f"]) == ()


def test_by_name_what_can_be():
    """Then it is what serializer='pickle' sends."""
    for function in (abs, json.dumps, functools.partial(json.dumps, 1)):
        written = encode("auto", function, (1,), {}, most=1000)
        assert written.codec == "pickle"
        as_named = encode("pickle", function, (1,), {}, most=1000)
        assert written.stream() == as_named.stream()


class Counts:
    """How often it is written."""

    written = 0

    def __reduce__(self):
        Counts.written += 1
        return int, ()


def test_map_writes_a_function_once():
    """However many chunks there are, and what it refers to with it."""
    counts = Counts()
    with Sandbox() as sandbox:
        found = list(sandbox.map(lambda x: (x, counts), range(20)))
    assert found == [(x, 0) for x in range(20)]
    assert Counts.written == 1


def test_map_has_a_function_as_it_was():
    """What changes later, as a global, is not seen by later chunks."""
    names = script("n = 0\ndef f(x): return n")
    with Sandbox() as sandbox:
        results = sandbox.map(names["f"], range(20))
        found = [next(results)]
        names["n"] = 1
        assert found + list(results) == [0] * 20


def test_a_traceback_says_where(tmp_path):
    """The file, the line and its text."""
    program = tmp_path / "program.py"
    source = (
        "from boxed import call\n"
        "def divide(x):\n"
        "    return 1 // x\n"
        "print(call(divide, (0,)).exception.traceback)\n"
    )
    program.write_text(source)
    printed = run_here(program)
    assert f'File "{program}", line 3, in divide\n    return 1 // x' in printed


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(): return lock", "f refers to 'lock'"),
        ("def g(): return lock\ndef f(): return g()", "g refers to 'lock'"),
        (
            "def make(inner):\n def h(): return inner\n return h\n"
            "f = make(lock)",
            "h refers to 'inner'",
        ),
        (
            "class C:\n def m(self): return lock\nf = C().m",
            r"C\.m refers to 'lock'",
        ),
    ],
)
def test_what_keeps_it_is_named(source, says):
    """A global or a variable of an enclosing function, and whose."""
    names = script(source, lock=threading.Lock())
    with pytest.raises(
        SerializationError, match=rf"{says}: TypeError: .*lock"
    ):
        run(names["f"])
    with Sandbox() as sandbox, pytest.raises(SerializationError, match=says):
        list(sandbox.map(names["f"], [1]))


def test_what_cannot_be_sent_is_named():
    """By the option that was given."""
    lock = threading.Lock()
    with pytest.raises(SerializationError, match=r"='auto'.*lock"):
        run(lambda: lock)
    with pytest.raises(SerializationError, match="lock, cannot be sent: "):
        run(lambda: threading.Lock())


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("(x * x for x in range(4))", [0, 1, 4, 9]),
        ("(x async for x in ticks())", [1, 2]),
        ("later(3)", 3),
    ],
)
def test_what_is_yet_to_be_computed(source, value):
    """Generators and coroutines are, inside; of map() too."""
    names = script(
        "import asyncio\n"
        "async def ticks():\n"
        "    for x in (1, 2):\n"
        "        await asyncio.sleep(0.001)\n"
        "        yield x\n"
        "async def later(x):\n"
        "    return (await asyncio.gather(asyncio.sleep(0.001, x)))[0]\n"
        f"def f(_): return {source}\n"
    )
    assert run(names["f"], (0,)) == value
    with Sandbox() as sandbox:
        results = sandbox.map(names["f"], range(3), chunksize=2)
        assert list(results) == [value] * 3


def test_an_exception_while_it_is_computed():
    """Of a generator that has begun; it has the place of its row."""
    names = script(
        "def f(n):\n    yield n\n    if n == 2:\n        raise KeyError(n)"
    )
    outcome = call(names["f"], (2,))
    assert outcome.cause == "raised"
    assert isinstance(outcome.exception, KeyError)
    with Sandbox() as sandbox:
        results = sandbox.map(names["f"], range(4), chunksize=4)
        assert [next(results), next(results)] == [[0], [1]]
        with pytest.raises(KeyError):
            next(results)


def test_a_generator_without_end():
    """It is held to the limits of the call."""
    outcome = call(lambda: iter_forever(), timeout=1)
    assert outcome.cause == "timeout"


def iter_forever():
    while True:
        yield from ()
