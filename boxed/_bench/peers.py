"""What a call is compared with: other ways to run a function elsewhere.

For ``boxed bench``.  A factory makes one call, ready to be repeated, and
imports what that needs, so that no other pays for it.  One whose package or
program is not installed raises ImportError or FileNotFoundError.
"""

from __future__ import annotations

import sys
from math import sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Call = Callable[[], Any]

# Worker processes that are used again, without isolation


def process_pool(
    function: Callable[..., Any] = sqrt, args: Sequence[Any] = (4,)
) -> Call:
    """concurrent.futures.ProcessPoolExecutor with one worker."""
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(1)
    pool.submit(function, *args).result()
    return lambda: pool.submit(function, *args).result()


def loky() -> Call:
    """loky's executor with one worker."""
    library = __import__("loky")
    pool = library.get_reusable_executor(max_workers=1, timeout=None)
    return lambda: pool.submit(sqrt, 4).result()


def pebble_pool() -> Call:
    """pebble's pool with one worker."""
    pool = __import__("pebble").ProcessPool(max_workers=1)
    return lambda: pool.schedule(sqrt, args=(4,)).result()


# A fresh process for every call


def _root_of(number: int) -> float:
    return sqrt(number)


def pebble_process() -> Call:
    """A process of pebble's for each call."""
    from importlib import import_module

    processes = import_module("pebble.concurrent")
    function = processes.process(_root_of)
    return lambda: function(4).result()


def _send_root(connection: Any, number: int) -> None:
    connection.send(sqrt(number))


def forkserver() -> Call:
    """A process of multiprocessing's forkserver for each call."""
    from multiprocessing import get_context

    context = get_context("forkserver")

    def call() -> None:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_send_root, args=(theirs, 4))
        process.start()
        ours.recv()
        process.join()

    return call


_ANSWER = """
import pickle, sys
function, args = pickle.load(sys.stdin.buffer)
pickle.dump(function(*args), sys.stdout.buffer)
"""


def _by_command(argv: Sequence[str]) -> Call:
    import pickle
    from subprocess import run

    request = pickle.dumps((sqrt, (4,)))

    def call() -> None:
        done = run(argv, input=request, capture_output=True, check=False)
        if done.returncode != 0:
            raise OSError(done.stderr.decode().strip() or "it failed")
        pickle.loads(done.stdout)

    return call


def interpreter() -> Call:
    """A plain interpreter for each call."""
    return _by_command([sys.executable, "-I", "-S", "-c", _ANSWER])


def bubblewrap_options() -> list[str]:
    """
    :raises FileNotFoundError: it is not installed.
    """
    import shutil

    path = shutil.which("bwrap", path="/usr/bin:/usr/local/bin")
    if path is None:
        raise FileNotFoundError("bwrap is not installed")
    options = "--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp"
    return [path, *options.split(), "--unshare-all", "--die-with-parent"]


def bubblewrap() -> Call:
    """An interpreter in bubblewrap for each call."""
    argv = [*bubblewrap_options(), sys.executable, "-I", "-S", "-c", _ANSWER]
    return _by_command(argv)
