"""What runs inside the sandbox: the zygote's main, and a worker's one call.

The zygote loads this module, _parcel and _telling, without the rest of the
package, and imports as little as it can: every module here is start-up time.
Nothing in this file is a wall; a guest may overwrite all of it in its own
worker.
"""

from __future__ import annotations

import gc
import marshal
import posix
import sys
from posix import _exit
from time import monotonic_ns

from boxed import _boxed
from boxed._importing import Finder, load_main
from boxed._parcel import LARGE, Parcel, opened
from boxed._telling import MAX_TEXT, describe, pack, text_of, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    # From a stream and its buffers; to a parcel, with a buffer_callback.
    Codec = tuple[Callable[..., Any], Callable[..., None]]

OWN_MODULES = (
    "",
    "._boxed",
    "._guest",
    "._importing",
    "._parcel",
    "._telling",
)
MAX_POLICY, NEVER = 192 * 1024, (1 << 63) - 1
#: How often a worker that waits runs the path of a call.
REHEARSALS = 2


def main(server: int) -> None:
    """Serve calls from the server socket; never returns."""
    steps = [monotonic_ns()]
    library = sys.path[:]
    # The guest may import the real package; this one has no __init__.
    for name in OWN_MODULES:
        sys.modules.pop("boxed" + name, None)
    _boxed.seal()
    policy = marshal.loads(_boxed.receive(server, MAX_POLICY, NEVER) or b"")
    try:
        codec = prepare(policy)
    except BaseException as error:
        _boxed.send(server, b"E" + pack(told(error)[:4]))
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
        work(call, codec)
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


def protocol_5(library: Any) -> Codec:
    def loads(data: bytes, buffers: list[memoryview]) -> Any:
        return library.loads(data, buffers=buffers)

    def dump(value: Any, parcel: Parcel, beside: Any) -> None:
        library.dump(value, parcel, 5, buffer_callback=beside)

    return loads, dump


def pickle_codec() -> Codec:
    """The accelerator alone: the module beside it imports half of re.

    It takes nothing but `partial` from functools, which imports collections:
    together half of the time until the zygote is ready.
    """
    if "functools" not in sys.modules:
        stand_in = type(sys)("functools")
        stand_in.__dict__["partial"] = __import__("_functools").partial
        sys.modules["functools"] = stand_in
    try:
        import _pickle
    finally:
        if not hasattr(sys.modules["functools"], "__file__"):
            del sys.modules["functools"]
    return protocol_5(_pickle)


def cloudpickle_codec() -> Codec:
    import cloudpickle

    return protocol_5(cloudpickle)


def dill_codec() -> Codec:
    # It asks for a temporary directory on import, to name a default file;
    # where no directory is writable the question alone would fail.
    import tempfile

    tempfile.tempdir = "/tmp"
    import dill

    tempfile.tempdir = None
    return protocol_5(dill)


def json_codec() -> Codec:
    """The function comes as ``module:qualname``, its value as strict JSON."""
    import json

    def loads(data: bytes, buffers: list[memoryview]) -> Any:
        name, *content = json.loads(bytes(data))
        module, _, path = name.partition(":")
        __import__(module)
        found = sys.modules[module]
        for attribute in path.split("."):
            found = getattr(found, attribute)
        return (found, *content)

    def dump(value: Any, parcel: Parcel, beside: Any) -> None:
        parcel.write(json.dumps(value, allow_nan=False).encode())

    return loads, dump


CODECS: dict[str, Callable[[], Codec]] = {
    "pickle": pickle_codec,
    "cloudpickle": cloudpickle_codec,
    "dill": dill_codec,
    "json": json_codec,
}


def is_wanted(codec: Codec, policy: dict[str, Any]) -> bool:
    """Wait for the request; False where none came for long.

    A worker that was forked ahead of its request makes use of the time: what
    it writes to for the first time is copied by the kernel, page by page.
    """
    reseed()
    if _boxed.await_request(0):
        return True
    rehearse(codec, policy)
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
    if kind == _boxed.FRAME_VALUE:
        kind, value = sent(call, value, codec, limit)
    for stream in (sys.stdout, sys.stderr):
        # A guest may have closed, replaced or removed them.
        try:
            stream.flush()
        except BaseException:
            continue
    _boxed.answer(call, kind, value)


def sent(call: int, value: Any, codec: Codec, limit: int) -> tuple[int, bytes]:
    """The kind and body of the answer that brings a value, or says why it
    cannot be sent."""
    chunk = value if type(value) is Chunk else None
    try:
        if "pandas" in sys.modules:
            teach_pandas()
        return packed(call, chunk.parts() if chunk else value, codec, limit)
    except BaseException as error:
        refused = refusal(value, error)
    cut = chunk.before_refused(codec[1]) if chunk else None
    if cut is None:
        return _boxed.FRAME_REFUSED, pack(refused)
    return packed(call, cut, codec, limit)


def refusal(value: object, error: BaseException) -> list[str]:
    """Why a value cannot be sent, as text."""
    return [type_name(type(value)), text_of(error)[:MAX_TEXT]]


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
        is_chunk = len(parts) < len(NAMES)
        del parts
        value = each(names) if is_chunk else eval(CALL, names)
        return _boxed.FRAME_VALUE, value
    except BaseException as error:
        return _boxed.FRAME_ERROR, pack(told(error))


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

    def before_refused(self, dump: Callable[..., None]) -> list[Any] | None:
        """The parts, if the first value that cannot be sent had been an
        exception; None if there is no such value."""
        for number, one in enumerate(self.done):
            try:
                dump(one, Parcel(), None)
            except BaseException as error:
                return [self.done[:number], refusal(one, error)]
        return None


def each(names: dict[str, Any]) -> Chunk:
    """Call the function for each row of arguments."""
    done: list[Any] = []
    try:
        # Where eval() puts them; Python 3.9 gives a function none by itself.
        names["__builtins__"] = globals()["__builtins__"]
        Function(EACH, names)(names["function"], names["args"], done.append)
    except BaseException as error:
        return Chunk(done, [text[:MAX_TEXT] for text in told(error)])
    return Chunk(done, None)


def told(error: BaseException) -> list[str]:
    """An exception as text, without this package's own frames."""
    return describe(error, (OWN, told.__code__.co_filename))


def reseed() -> None:
    """Forks share numpy's global generator; `random` reseeds itself.  Once,
    before anything of a call: what a rehearsal runs draws nothing."""
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


FRAMES: list[Any] = []


def load_frames() -> None:
    """By no import, since nothing of the guest's is to find the package."""
    name, where = "boxed._frames", __file__.replace("_guest.py", "_frames.py")
    loader: Any = type(__spec__.loader)
    frames = type(sys)(name)
    exec(loader(name, where).get_code(name), frames.__dict__)
    FRAMES.append(frames)


def teach_pandas() -> None:
    """Have frames sent in the pieces that the caller's decoder takes."""
    if not FRAMES:
        load_frames()
    # A pickler imports what it names; dill does by way of the package.
    package = sys.modules.setdefault("boxed", type(sys)("boxed"))
    package.__dict__["_frames"] = sys.modules["boxed._frames"] = FRAMES[0]
    FRAMES[0].teach()
