"""The zygote: brought to where each call of a policy starts, it forks workers.

It has a few modules of the package and no others, and imports as little as it
can: every module is start-up time.  What is in this room is no wall; a guest
may overwrite all of it in its own worker.
"""

from __future__ import annotations

import builtins
import gc
import marshal
import posix
import sys
from posix import _exit
from sys import modules
from time import monotonic_ns

from boxed import _boxed
from boxed._guest import worker
from boxed._guest.codecs import CODECS, OWN_CODECS, load_frames, load_own
from boxed._guest.exceptions import cut_for_message, exception_texts, pack
from boxed._guest.imports import Finder, load_main, time_imports
from boxed._guest.worker import OWN_FILES, raise_stack, work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from boxed._guest.codecs import Codec

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

MAX_POLICY, NEVER = 192 * 1024, (1 << 63) - 1
#: How often a worker that waits runs the path of a call.
REHEARSALS = 2
#: The module of the functions that guests may call outside, if there are any.
HOST_CALLS: list[Any] = []


def main(server: int) -> None:
    """Serve calls from the server socket; never returns."""
    steps = [monotonic_ns()]
    library = sys.path[:]
    # The guest may import the real package; this one has no __init__.
    for name in list(modules):
        if name.partition(".")[0] == "boxed":
            del modules[name]
    _boxed.seal()
    policy = marshal.loads(_boxed.receive(server, MAX_POLICY, NEVER) or b"")
    in_main = False
    try:
        codec = prepare(policy)
        if policy["main"] is not None:
            in_main = True
            kind, where = policy["main"]
            load_main(kind, where, policy["source"])
            in_main = False
        adapt_imported(policy)
    except BaseException as error:
        raise_stack()
        texts = cut_for_message(error, exception_texts(error, SKIPPED))
        _boxed.send(server, (b"M" if in_main else b"E") + pack(texts))
        _exit(1)
    time_imports()
    steps.append(monotonic_ns())

    def warm() -> None:
        """What later workers are to have done before they are forked."""
        path, sys.path[:] = sys.path[:], library
        try:
            __import__("functools")  # as most functions do
        finally:
            sys.path[:] = path
        # Binds symbols, and code adapts itself to what it meets.
        for _ in range(10):
            rehearse(codec, policy)
            rehearse_failure()
        # Keeps the collector from writing to what never changes any more, and
        # so from copying every page in every worker.  Not collected before:
        # what that frees are holes, which workers would fill page by page.
        gc.freeze()
        flush()

    # While the first worker works; before it where a guest may write files.
    early = bool(policy["worker"]["writable"])
    if early:
        warm()
    flush()
    ruler, why = _boxed.memory_ruler()
    ready = [
        number.to_bytes(8, sys.byteorder) for number in (*steps, ruler, why)
    ]
    _boxed.send(server, b"R" + b"".join(ready))
    call = _boxed.serve(
        server, None if early else warm, ruler=ruler, **policy["worker"]
    )
    if call is not None and is_wanted(codec, policy):
        begin_host_calls(call)
        done = _boxed.perform(lambda number: work(number, codec), call)
        if not done:
            # The function closed what to answer on.
            _exit(1)
        if policy["lingers"]:
            _boxed.await_end()
    _exit(0)


def flush() -> None:
    """What imports printed is the log's, not the first line of every call."""
    sys.stdout.flush()
    sys.stderr.flush()


def prepare(policy: dict[str, Any]) -> Codec:
    """Bring the interpreter to where every call of this policy starts, but
    for the caller's script."""
    # A line is on its way when it is printed, and so is not lost with what is
    # printed next, or with the process.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for name, value in policy["env"]:
        # Where os finds them, which is loaded next.
        posix.environ[name] = value
        posix.putenv(name, value)
    # Before the caller's path, which guests of another sandbox may write: what
    # the zygote needs itself, and os, on which other modules rely.
    serializer, codec = policy["serializer"], None
    __import__("os")
    if policy["library"]:
        sys.path.append(policy["library"])
    if serializer in OWN_CODECS:
        codec = CODECS[serializer]()
    sys.path[:] = policy["path"]
    if policy["found"]:
        sys.meta_path.append(Finder(policy["found"]))
    sys.argv[:] = [""]
    if policy["exposed"]:
        HOST_CALLS.append(load_own("_guest/host_calls"))
        HOST_CALLS[0].expose(policy["exposed"])
        # It needs no name, and the guest may import the real package.
        del modules[HOST_CALLS[0].__name__]
    codec = codec or CODECS[serializer]()
    for name in policy["imports"]:
        __import__(name)
    for name in policy["early"]:
        try:
            __import__(name)
        except Exception:
            continue  # Only to be early: a worker that needs it raises it.
    return codec


def begin_host_calls(call: int) -> None:
    for one in HOST_CALLS:
        one.begin(lambda asked: _boxed.host_call(call, asked))


def adapt_imported(policy: dict[str, Any]) -> None:
    """Have what was imported fit the sandbox."""
    if "pandas" in sys.modules:
        load_frames()
    if not policy["watches"] and "selectors" in sys.modules:
        names = vars(sys.modules["selectors"])  # workers have no epoll
        names["DefaultSelector"] = names["PollSelector"]


def is_wanted(codec: Codec, policy: dict[str, Any]) -> bool:
    """Wait for the request; False where none came for long.

    A worker that was forked ahead of its request makes use of the time: what
    it writes to for the first time is copied by the kernel, page by page.
    """
    reseed()
    if _boxed.await_request(0):
        return True
    try:
        rehearse(codec, policy)
    except MemoryError:
        gc.collect(0)  # The call may have it.
    wait = policy["standby_ms"]
    return _boxed.await_request(wait) or _boxed.refuse_request()


def rehearse(codec: Codec, policy: dict[str, Any]) -> None:
    """Run the path of a call on a harmless one."""
    for _ in range(REHEARSALS):
        worker.rehearse(policy["rehearsal"], codec)


def rehearse_failure() -> None:
    """Tell of an exception.  A worker does not: few calls raise, and what this
    writes to is copied."""
    try:
        raise ValueError("expected")
    except ValueError as error:
        pack(exception_texts(error, SKIPPED))


def reseed() -> None:
    """Forks share numpy's global generator; `random` reseeds itself.  Once,
    before anything of a call: what a rehearsal runs draws nothing."""
    if "numpy.random" in modules:
        modules["numpy.random"].seed()


#: Of a traceback that is told, nothing of these.
SKIPPED = (
    *OWN_FILES,
    *(one.__code__.co_filename for one in (main, load_main)),
)
