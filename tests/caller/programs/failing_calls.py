"""Run by test_call_errors: does what each line of stdin says, and tells what
became of it."""

import gc
import sys
import time

from proc import own_children, own_descriptors

from boxed import (
    BoxedError,
    CallTimeout,
    RemoteError,
    Sandbox,
    WorkerDied,
    _boxed,
    run,
)
from boxed._live import prefork

LARGE = bytes(2 << 20)


def expect(kind, *args, **options):
    try:
        run(*args, **options)
    except kind as error:
        return type(error) in (kind, WorkerDied) or isinstance(
            error, ZeroDivisionError
        )
    return False


def warm():
    """As many as use standbys up, so that others are made."""
    return [run(abs, (-1,)) for _ in range(3)] == [1, 1, 1]


def other_kinds():
    return (
        run(print, ("text",), stdout=sys.stderr) is None
        and run(len, (LARGE,)) == len(LARGE)
        and run(bytes, (len(LARGE),)) == LARGE
    )


def bad_ends():
    return (
        expect(RemoteError, divmod, (1, 0))
        and expect(CallTimeout, time.sleep, (1000,), timeout=0.03)
        and expect(WorkerDied, exec, ("import os; os._exit(3)",))
    )


def start():
    with Sandbox() as sandbox:
        return sandbox.run(abs, (-1,)) == 1


def rows():
    with Sandbox() as sandbox:
        return list(sandbox.map(abs, [-1, 2], chunksize=1)) == [1, 2]


def settle():
    prefork.end_all()
    gc.collect()
    return own_descriptors(), len(own_children()), *_boxed.seats()[:2]


def outcome(work):
    try:
        return "right" if work() else "wrong"
    except (OSError, BoxedError) as error:
        return f"told {type(error).__name__}"
    except RuntimeError as error:
        # A thread of map()'s, in the interpreter's words.
        told = str(error) == "can't start new thread"
        return "told thread" if told else ascii(error)
    except BaseException as error:
        return ascii(f"{type(error).__name__}: {error}")


for line in sys.stdin:
    name = line.strip()
    if name == "settle":
        print(*settle(), flush=True)
    else:
        print(outcome(globals()[name]), flush=True)
