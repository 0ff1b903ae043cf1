"""What the tests' programs begin with: run and Sandbox as the environment
needs them.  See core.check_file."""

import ast
import inspect
import os
import sys
import textwrap
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import boxed

# A guest of a script has none, and needs none.
ISOLATION: Any = os.environ.get("TESTED_ISOLATION")
run: Callable[..., Any] = partial(boxed.run, isolation=ISOLATION)
# For functions of the program itself.
by_value: Callable[..., Any] = partial(run, serializer="cloudpickle")
Sandbox: Callable[..., Any] = partial(boxed.Sandbox, isolation=ISOLATION)
call: Callable[..., Any] = partial(boxed.call, isolation=ISOLATION)
SandboxExecutor: Callable[..., Any] = partial(
    boxed.SandboxExecutor, isolation=ISOLATION
)
sandboxed: Callable[..., Any] = partial(boxed.sandboxed, isolation=ISOLATION)
run_source: Callable[..., Any] = partial(boxed.run_source, isolation=ISOLATION)


def source(function, *args):
    """Code for a guest's `exec`, which calls a function of the program."""
    text = textwrap.dedent(inspect.getsource(function))
    return f"{text}{function.__name__}(*{args!r})\n"


def text(module):
    """The source of a module."""
    return inspect.getsource(module)


def told(function, *args, **options):
    """The value of a function, of which a guest has the source alone: its
    serializer imports nothing for it."""
    code = textwrap.dedent(inspect.getsource(function))
    call = f"{function.__name__}(*{args!r})"
    raising = f"{code}raise LookupError(repr({call}))\n"
    try:
        run(exec, (raising,), **options)
    except LookupError as error:
        return ast.literal_eval(error.args[0])
    raise AssertionError("no value")


def refused(kind, function, *args, **options):
    """The error of that kind, which the function must raise."""
    try:
        value = function(*args, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind}, but {value!r}")


def in_threads(count, function):
    """Call the function with each number below that, all at once."""
    threads = [
        threading.Thread(target=function, args=(number,))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def left_in(folder, **options):
    """What a guest finds in a folder, but for what every call is shown: a
    checkout or an interpreter may be below /tmp."""
    shown = [path + "/" for path in (*sys.path, sys.prefix, sys.base_prefix)]
    return [
        name
        for name in run(os.listdir, (folder,), **options)
        if not any(path.startswith(f"{folder}/{name}/") for path in shown)
    ]
