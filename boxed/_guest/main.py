"""What runs inside the sandbox: the zygote's main, and a worker's one call.

The zygote has a few modules of the package and no others, and imports as
little as it can: every module is start-up time.
Nothing in this file is a wall; a guest may overwrite all of it in its own
worker.
"""

from __future__ import annotations

import builtins
import gc
import marshal
import posix
import sys
from posix import _exit
from sys import getrecursionlimit, modules, setrecursionlimit
from time import monotonic_ns

from boxed import _boxed
from boxed._guest import exceptions
from boxed._guest.codecs import CODECS, load_frames, teach_pandas
from boxed._guest.exceptions import (
    MAX_TEXT,
    brief,
    in_a_message,
    pack,
    refusal,
    type_name,
)
from boxed._guest.imports import Finder, load_main
from boxed._wire.payload import LARGE, Parcel, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from boxed._guest.codecs import Codec

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

MAX_POLICY, NEVER = 192 * 1024, (1 << 63) - 1
#: What fails for want of memory need not say so, as a failed import.
FULL = "No memory was left to the call: see Limits(memory=...)"
#: Of Python, for telling what became of a call.
FRAMES_NEEDED = 1000
#: How often a worker that waits runs the path of a call.
REHEARSALS = 2


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
    try:
        codec = prepare(policy)
    except BaseException as error:
        _boxed.send(server, b"E" + pack(in_a_message(told(error))))
        _exit(1)
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
    ready = [step.to_bytes(8, sys.byteorder) for step in steps]
    _boxed.send(server, b"R" + b"".join(ready))
    call = _boxed.serve(server, None if early else warm, **policy["worker"])
    if call is not None and is_wanted(codec, policy):
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
    """Bring the interpreter to where every call of this policy starts."""
    for name, value in policy["env"]:
        # Where os finds them, which is loaded next.
        posix.environ[name] = value
        posix.putenv(name, value)
    # Before the caller's path, which guests of another sandbox may write: what
    # the zygote needs itself, and os, on which other modules rely.
    serializer, codec = policy["serializer"], None
    __import__("os")
    if serializer in ("pickle", "json"):
        codec = CODECS[serializer]()
    sys.path[:] = policy["path"]
    if policy["found"]:
        sys.meta_path.append(Finder(policy["found"]))
    sys.argv[:] = [""]
    codec = codec or CODECS[serializer]()
    for name in policy["imports"]:
        __import__(name)
    for name in policy["ahead"]:
        try:
            __import__(name)
        except Exception:
            continue  # Only to be early: a worker that needs it raises it.
    if policy["main"] is not None:
        kind, where = policy["main"]
        load_main(kind, where, policy["source"])
    if "pandas" in sys.modules:
        load_frames()
    if not policy["watches"] and "selectors" in sys.modules:
        names = vars(sys.modules["selectors"])  # workers have no epoll
        names["DefaultSelector"] = names["PollSelector"]
    return codec


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
        _, value = answer(policy["rehearsal"], -1, codec)
        packed(-1, value, codec, LARGE)


def work(call: int, codec: Codec) -> None:
    """One call: request in, function run, answer out."""
    body, limit, store = _boxed.read_request(call)
    kind, value = answer(body, store, codec)
    _boxed.release_reserve()
    if kind == _boxed.FRAME_VALUE:
        raise_stack()
        kind, value = sent(call, value, codec, limit)
    for name in ("stdout", "stderr"):
        # A guest may have closed, replaced or removed them.
        try:
            getattr(sys, name).flush()
        except BaseException:
            continue
    _boxed.answer(call, kind, value)


def sent(call: int, value: Any, codec: Codec, limit: int) -> tuple[int, bytes]:
    """The kind and body of the answer that brings a value, or says why it
    cannot be sent."""
    chunk = value if type(value) is Chunk else None
    try:
        if "pandas" in modules:
            teach_pandas()
        if chunk is not None:
            return chunk_packed(call, chunk, codec, limit)
        return packed(call, value, codec, limit)
    except MemoryError:
        pass  # Without what it was raised in, which holds what was packed.
    except BaseException as error:
        refused = refusal(value, error)
        cut = chunk.before_refused(codec[1]) if chunk else None
        if cut is None:
            return _boxed.FRAME_REFUSED, pack(refused)
        return chunk_packed(call, cut, codec, limit)
    what = "results" if chunk else f"result, a {type_name(type(value))}"
    full = MemoryError(f"no memory was left to send the {what}")
    return _boxed.FRAME_ERROR, pack(told(full))


def chunk_packed(
    call: int, chunk: Chunk, codec: Codec, limit: int
) -> tuple[int, bytes]:
    """The same for a chunk: what it tells of a failure has room in any
    limit, or is cut short if values go with it."""
    kind, body = packed(call, chunk.parts(), codec, limit)
    if kind != _boxed.FRAME_TOO_LONG or chunk.failure is None:
        return kind, body
    is_refusal = len(chunk.failure) == 2
    if not chunk.done:
        kind = _boxed.FRAME_REFUSED if is_refusal else _boxed.FRAME_ERROR
        return kind, pack(chunk.failure)
    if not is_refusal:
        chunk.failure = brief(chunk.failure)
    return packed(call, chunk.parts(), codec, limit)


def packed(
    call: int, value: Any, codec: Codec, limit: int
) -> tuple[int, bytes]:
    """The kind and body of the answer that brings a value."""
    parcel = Parcel()
    codec[1](value, parcel, parcel.beside)
    size = parcel.size()
    if size > limit:
        return _boxed.FRAME_TOO_LONG, str(size).encode()
    store = _boxed.ask_store(call, size) if size >= LARGE else -1
    if store >= 0:
        try:
            return _boxed.FRAME_STORED, parcel.put(store)
        finally:
            posix.close(store)
    if parcel.buffers:
        parcel = Parcel()
        codec[1](value, parcel, None)
    return _boxed.FRAME_VALUE, parcel.stream()


# Frames of their own: eval() and exec() as the function would otherwise work
# on the globals and locals of this module.  Made of code that is compiled with
# it, since a compiler's first use takes a millisecond.
OWN = "<boxed>"
NAMES = ("function", "args", "kwargs")
CALL = (lambda: function(*args, **kwargs)).__code__  # type: ignore[name-defined]  # noqa: F821
CALL = CALL.replace(
    co_flags=CALL.co_flags & ~0x3,  # CO_OPTIMIZED, CO_NEWLOCALS
    co_filename=OWN,
    co_name="<module>",
)


def each_row(function: Any, args: Any, done: Any) -> None:
    # Not map(): it ends in silence at a StopIteration of the function.
    for row in zip(*args):
        done(function(*row))


EACH = each_row.__code__.replace(co_filename=OWN)
Function: Any = type(each_row)


def answer(body: bytes, store: int, codec: Codec) -> tuple[int, Any]:
    """Run a request: FRAME_VALUE and what the function returned, or the kind
    and body of another answer."""
    try:
        parts = codec[0](*unpacked(body, store))
        names = dict(zip(NAMES, parts), __name__="__main__")
        names["__builtins__"] = builtins
        is_chunk = len(parts) < len(NAMES)
        del parts
        value = each(names) if is_chunk else eval(CALL, names)
        return _boxed.FRAME_VALUE, value
    except BaseException as error:
        # Before anything that takes memory, as a call of Python's may.
        was_full = _boxed.reserve_was_needed()
        return _boxed.FRAME_ERROR, pack(told(error, was_full))


def unpacked(body: bytes, store: int) -> Any:
    """A request's stream and buffers."""
    if store < 0:
        return body, ()
    try:
        return opened(store, body)
    finally:
        posix.close(store)


class Chunk:
    """The function's values for columns of arguments; and why there are no
    more of them, as text, or None."""

    def __init__(self, done: list[Any], failure: list[str] | None) -> None:
        self.done, self.failure = done, failure

    def parts(self) -> list[Any]:
        return [self.done, self.failure]

    def before_refused(self, dump: Callable[..., None]) -> Chunk | None:
        """The parts, if the first value that cannot be sent had been an
        exception; None if there is no such value."""
        for number, one in enumerate(self.done):
            try:
                dump(one, Parcel(), None)
            except BaseException as error:
                return Chunk(self.done[:number], refusal(one, error))
        return None


def each(names: dict[str, Any]) -> Chunk:
    """Call the function for each row of arguments."""
    done: list[Any] = []
    try:
        Function(EACH, names)(names["function"], names["args"], done.append)
    except BaseException as error:
        was_full = _boxed.reserve_was_needed()
        texts = told(error, was_full)
        return Chunk(done, [text[:MAX_TEXT] for text in texts])
    return Chunk(done, None)


SKIPPED = (
    OWN,
    *(
        one.__code__.co_filename
        for one in (each_row, opened, CODECS["pickle"])
    ),
)


def raise_stack() -> None:
    """For what tells: the function may have left few frames."""
    setrecursionlimit(max(getrecursionlimit(), FRAMES_NEEDED))


def told(error: BaseException, was_full: bool = False) -> list[str]:
    """An exception as text, without this package's own frames."""
    raise_stack()
    return exceptions.told(error, SKIPPED, FULL if was_full else "")


def reseed() -> None:
    """Forks share numpy's global generator; `random` reseeds itself.  Once,
    before anything of a call: what a rehearsal runs draws nothing."""
    if "numpy.random" in modules:
        modules["numpy.random"].seed()
