"""run_source(): text as a script is run, and what becomes of it."""

import sys
from typing import Any

from harness import Sandbox, refused, run_source

from boxed import LimitExceeded, Limits, RemoteError, WorkerDied


def ends_as_a_script():
    """Values in, the last expression out; stdin, argv, a name of its own."""
    done = run_source("print(n)\nn * 2", {"n": 21})
    assert (done.cause, done.value, done.stdout) == ("returned", 42, "21\n")
    assert run_source("n = 1").value is None
    assert run_source("").value is None
    assert run_source("# only a word").value is None
    assert run_source(b"# coding: latin-1\n'\xe4'").value == "ä"
    text = (
        "import sys\n[__name__, input(), sys.argv, globals().get('__file__')]"
    )
    assert run_source(text, stdin="a line").value == [
        "__main__",
        "a line",
        ["<source>"],
        None,
    ]
    named = run_source(
        text, stdin="b", filename="hand in.py", argv=["-v", "ö"]
    )
    argv = ["hand in.py", "-v", "ö"]
    assert named.value == ["__main__", "b", argv, "hand in.py"]
    guarded = "def f(): return 7\nif __name__ == '__main__':\n    print(f())"
    assert run_source(guarded).stdout == "7\n"


def has_a_main_of_its_own():
    """Its classes are found where they say; nothing of a text before it is."""
    text = (
        "import pickle\n"
        "class Own: pass\n"
        "type(pickle.loads(pickle.dumps(Own()))) is Own\n"
    )
    assert run_source(text).value is True
    own = run_source("[n for n in globals() if not n.startswith('__')]").value
    assert own == [], own
    future = "from __future__ import annotations\ndef f(x: not_there): pass\n"
    assert run_source(future + "f.__annotations__['x']").value == "not_there"
    # Those of this package's modules are not the text's.
    assert run_source("def f(x: not_there): pass").exception is not None


def tells_what_was_raised():
    text = "def half(x):\n    return x / 0  # of all\n\nhalf(3)\n"
    told = run_source(text, filename="hand in.py")
    assert told.cause == "raised"
    assert isinstance(told.exception, RemoteError)
    assert isinstance(told.exception, ZeroDivisionError)
    lines = told.exception.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == '  File "hand in.py", line 4, in <module>'
    assert lines[2] == "    half(3)"
    assert "    return x / 0  # of all" in lines
    wrong: Any = run_source(
        "x = 1\ny = = 2\n", filename="hand in.py"
    ).exception
    assert isinstance(wrong, SyntaxError) and isinstance(wrong, RemoteError)
    assert 'File "hand in.py", line 2' in wrong.traceback
    assert "    y = = 2" in wrong.traceback
    assert isinstance(run_source("a\0b").exception, (SyntaxError, ValueError))
    for nested in ("(" * 1000 + ")" * 1000, "-" * 100000 + "1"):
        assert run_source(nested).cause in ("raised", "memory", "signal")


def exits_with_a_status():
    for text, status, printed in (
        ("import sys\nprint(1)\nsys.exit(3)", 3, ""),
        ("raise SystemExit(256 + 7)", 7, ""),
        ("raise SystemExit('no input')", 1, "no input\n"),
        ("import os\nos._exit(0)", 0, ""),
    ):
        left = run_source(text)
        assert (left.cause, left.exitcode) == ("exit", status), left
        assert isinstance(left.exception, WorkerDied)
        assert left.stderr == printed
    assert run_source("print(1)\nraise SystemExit").stdout == "1\n"
    for text in ("exit(0)", "quit()", "import sys\nsys.exit(0)\n3"):
        left = run_source(text)
        assert (left.cause, left.value) == ("returned", None), left


def ends_with_its_threads():
    """And then with what atexit has, in that order."""
    text = (
        "import atexit, threading\n"
        "more = threading.Event()\n"
        "def late():\n"
        "    more.wait()\n"
        "    print('thread')\n"
        "threading.Thread(target=late).start()\n"
        "atexit.register(lambda: print('exit'))\n"
        "threading.Thread(target=more.set).start()\n"
    )
    ended = text + "import sys\nsys.exit(5)\n"
    assert run_source(text).stdout == "thread\nexit\n"
    assert run_source(ended).stdout == "thread\nexit\n"
    assert run_source(text + "1 / 0").stdout == "thread\nexit\n"
    pool = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "list(ThreadPoolExecutor(2).map(str, range(3)))\n"
    )
    assert run_source(pool).value == ["0", "1", "2"]


def awaits_outside_of_functions():
    text = "import asyncio\nawait asyncio.sleep(0)\nawait asyncio.sleep(0, 8)"
    assert run_source(text).value == 8
    failed = run_source("import asyncio\nawait asyncio.sleep(0)\n1 / 0")
    assert isinstance(failed.exception, ZeroDivisionError)
    assert run_source("[x async for x in 3]").cause == "raised"


class OfThisProgram:
    def __init__(self, value):
        self.value = value

    def double(self):
        return 2 * self.value


def takes_what_a_function_would():
    """Functions and objects of a script, by value; and what cannot be sent
    is named."""
    inputs = {"one": OfThisProgram(4), "twice": lambda x: 2 * x}
    assert run_source("twice(one.double())", inputs).value == 16
    large = {"data": bytes(5 << 20)}
    assert run_source("len(data)", large).value == 5 << 20
    assert run_source("data", large).value == large["data"]
    error = refused(
        ValueError, run_source, "1", {"a": 1, "lock": sys._getframe()}
    )
    assert str(error).startswith("inputs['lock'] cannot be sent: "), error


def refuses_what_it_cannot_understand():
    for kind, word, source, inputs, options in (
        (TypeError, "source=", 3, None, {}),
        (TypeError, "inputs=", "1", ["n"], {}),
        (TypeError, "inputs=", "1", {1: 2}, {}),
        (ValueError, "inputs=", "1", {"a b": 2}, {}),
        (ValueError, "inputs=", "1", {"__name__": 2}, {}),
        (TypeError, "filename=", "1", None, {"filename": b"f"}),
        (ValueError, "filename=", "1", None, {"filename": "a\0"}),
        (TypeError, "argv=", "1", None, {"argv": "-v"}),
        (TypeError, "argv=", "1", None, {"argv": [1]}),
        (TypeError, "'serializer'", "1", None, {"serializer": "json"}),
        (ValueError, "timeout=", "1", None, {"timeout": -1}),
    ):
        error = refused(kind, run_source, source, inputs, **options)
        assert word in str(error), error
    most = refused(
        LimitExceeded, run_source, "1" * 200, limits=Limits(request=100)
    )
    assert most.resource == "request"


def has_limits():
    assert run_source("while True: pass", timeout=0.2).cause == "timeout"
    limits = Limits(output=1000)
    assert run_source("print('x' * 2000)", limits=limits).cause == "output"
    refused_value = run_source("class A: pass\nA()")
    assert refused_value.cause == "unsafe_result"
    assert "__main__.A" in str(refused_value.exception)
    assert run_source("import sys\nsys").cause == "serialization"


def runs_in_a_sandbox():
    with Sandbox(serializer="json", timeout=30) as sandbox:
        assert sandbox.run_source("n + 1", {"n": 1}).value == 2
        assert sandbox.run_source("{1, 2}").value == {1, 2}
        stopped = sandbox.run_source("while True: pass", timeout=0.2)
        assert stopped.cause == "timeout"
        # One text has nothing of another's.
        sandbox.run_source("import builtins\nbuiltins.left = 1")
        assert isinstance(sandbox.run_source("left").exception, NameError)


if __name__ == "__main__":
    ends_as_a_script()
    has_a_main_of_its_own()
    tells_what_was_raised()
    exits_with_a_status()
    ends_with_its_threads()
    awaits_outside_of_functions()
    takes_what_a_function_would()
    refuses_what_it_cannot_understand()
    has_limits()
    runs_in_a_sandbox()
