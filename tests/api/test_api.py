"""The public interface, called in this process: names, options, refusals.

Runs as whoever runs the tests; the environments have their own files.
"""

from __future__ import annotations

import ast
import inspect
import math
import os
import sys
import threading
from pathlib import Path

import pytest
from here import run_here

import boxed
from boxed import (
    BoxedError,
    CallTimeout,
    RemoteError,
    SerializationError,
    SetupError,
    UnsafeResultError,
    WorkerDied,
    run,
)
from boxed._calls import settings
from boxed._live import registry

PACKAGE = Path(boxed.__path__[0])


def make_local():
    def local():
        return None

    return local


def test_all_names_exist_and_are_documented():
    """Every public name has a docstring and is in __all__."""
    assert sorted(boxed.__all__) == sorted(set(boxed.__all__))
    for name in boxed.__all__:
        public = getattr(boxed, name)
        assert name == "__version__" or inspect.getdoc(public), name


def test_the_exception_tree():
    """The bases that callers may rely on."""
    assert issubclass(SerializationError, ValueError)
    assert issubclass(UnsafeResultError, SerializationError)
    assert issubclass(CallTimeout, TimeoutError)
    for name in boxed.__all__:
        public = getattr(boxed, name)
        if inspect.isclass(public) and issubclass(public, Exception):
            assert issubclass(public, BoxedError), name


def test_importing_has_no_side_effect():
    """No process, no file, no signal handler, and no heavy module."""
    code = (
        "import sys, os; before = set(sys.modules); import boxed;"
        " new = set(sys.modules) - before;"
        " print(len(os.listdir('/proc/self/task')),"
        " sorted(new & {'pickle', 'json', 'socket', 'subprocess', 'typing',"
        " 'pathlib', 'dataclasses', 'threading', 'boxed._boxed'}))"
    )
    printed = run_here("-S", "-c", code)
    assert printed == "1 []\n"


def test_stubs_name_what_the_extension_has():
    """_boxed.pyi and the built module agree."""
    from boxed import _boxed

    tree = ast.parse((PACKAGE / "_boxed.pyi").read_text())
    stubs = set()
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            stubs.add(node.target.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            stubs.add(node.name)
    built = {name for name in vars(_boxed) if not name.startswith("__")}
    assert stubs == built


@pytest.mark.parametrize(
    ("kind", "function", "args", "options", "says"),
    [
        (SerializationError, 3, (), {}, "not callable"),
        (
            SerializationError,
            lambda: 1,
            (),
            {"serializer": "json"},
            "'auto'",
        ),
        (
            SerializationError,
            lambda: 1,
            (),
            {"serializer": "pickle"},
            "'auto'",
        ),
        (
            SerializationError,
            make_local(),
            (),
            {"serializer": "json"},
            "'auto'",
        ),
        (
            SerializationError,
            make_local(),
            (),
            {"serializer": "pickle"},
            "'auto'",
        ),
        (SerializationError, make_local(), (threading.Lock(),), {}, "lock"),
        (SerializationError, abs, (threading.Lock(),), {}, "lock"),
        (
            SerializationError,
            abs,
            (math.nan,),
            {"serializer": "json"},
            "JSON",
        ),
        (
            SerializationError,
            abs,
            ({1, 2},),
            {"serializer": "json"},
            "pickle",
        ),
        (
            SerializationError,
            float,
            ("nan",),
            {"serializer": "json"},
            "JSON",
        ),
        (SerializationError, threading.Lock, (), {}, "lock"),
        (SerializationError, os.scandir, ("/",), {}, "ScandirIterator"),
        (ValueError, abs, (1,), {"serializer": "yaml"}, "'pickle'"),
        (ValueError, abs, (1,), {"timeout": 0}, "timeout"),
        (ValueError, abs, (1,), {"timeout": -1}, "timeout"),
        (ValueError, abs, (1,), {"timeout": math.nan}, "timeout"),
        (ValueError, abs, (1,), {"isolation": "vm"}, "isolation"),
        (PermissionError, abs, (1,), {"user": "root"}, "root"),
        (PermissionError, abs, (1,), {"user": "no-such-user"}, "no user"),
    ],
)
def test_refusals(kind, function, args, options, says):
    """Each is refused with its type, and says what would do."""
    with pytest.raises(kind) as caught:
        run(function, args, **options)
    assert says in str(caught.value)
    assert not isinstance(caught.value, RemoteError)


def test_json_refuses_a_name_that_is_another_object():
    """The qualified name must resolve to the function itself."""

    class Impostor:
        __module__ = "math"
        __qualname__ = "sqrt"

        def __call__(self, x):
            return x

    with pytest.raises(SerializationError, match="sends the name"):
        run(Impostor(), (4,), serializer="json")


@pytest.mark.parametrize("serializer", ("cloudpickle", "dill"))
def test_a_missing_package_is_named(serializer, monkeypatch):
    """ImportError names it; so it does where 'auto' turns out to need it."""
    monkeypatch.setitem(sys.modules, serializer, None)
    with pytest.raises(ImportError, match=rf"pip install {serializer}`"):
        run(abs, (1,), serializer=serializer)
    if serializer == "cloudpickle":
        with pytest.raises(ImportError, match=r"pip install cloudpickle`"):
            run(make_local())
        assert run(abs, (-1,)) == 1


def test_another_platform_fails_on_use_only(monkeypatch):
    """boxed can be imported anywhere; a call says what is missing."""
    monkeypatch.setattr(settings, "_shared", {})
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SetupError, match="Linux only"):
        run(abs, (1,))


def test_a_missing_extension_fails_on_use_only():
    """So does a build without the C part."""
    code = (
        "import sys; sys.modules['boxed._boxed'] = None\n"
        "import boxed\n"
        "try: boxed.run(abs, (1,))\n"
        "except boxed.SetupError as error: print(error)\n"
    )
    printed = run_here("-c", code)
    assert "not built" in printed


def test_no_descriptor_is_left_behind():
    """A hundred calls, some of which fail, leave the caller's fds as were,
    but for those of the sandbox."""
    registry.close_all()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(100):
        if number % 4:
            run(abs, (1,))
        elif number % 8:
            with pytest.raises(ValueError):
                run(int, ("x",))
        else:
            with pytest.raises(WorkerDied):
                run(os._exit, (1,))
    registry.close_all()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
