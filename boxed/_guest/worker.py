"""A worker's one call: request in, function run, answer out.

It relies on nothing that the function may have broken, be it the builtins, the
stack that is left, or the memory.
"""

from __future__ import annotations

import builtins
import posix
import sys
from sys import getrecursionlimit, modules, setrecursionlimit

from boxed import _boxed
from boxed._guest import exceptions
from boxed._guest.codecs import CODECS, SOURCE_FILE, teach_pandas
from boxed._guest.exceptions import cut_to_name, pack, refusal_texts, type_name
from boxed._guest.imports import import_note, import_times
from boxed._wire.exception_format import MAX_TEXT
from boxed._wire.payload import LARGE, Payload, read_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from boxed._guest.codecs import Codec

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

#: What fails for want of memory need not say so, as a failed import.
FULL = "No memory was left to the call: see Limits(memory=...)"
#: Of Python, for telling what became of a call.
FRAMES_NEEDED = 1000


def work(call: int, codec: Codec) -> None:
    """One call: request in, function run, answer out."""
    body, limit, store = _boxed.read_request(call)
    import_times.clear()
    kind, value = run_request(body, store, codec)
    _boxed.release_reserve()
    if kind == _boxed.FRAME_VALUE:
        raise_stack()
        kind, value = pack_answer(call, value, codec, limit)
    if kind == _boxed.FRAME_VALUE and import_times:
        kind, value = with_note(value, limit)
    flush_streams()
    _boxed.answer(call, kind, value)


def rehearse(body: bytes, codec: Codec) -> None:
    """The same for a harmless request, but for what can be done once only, or
    could be seen by the function: so no call waits for what is written to, or
    used for the first time, on this way."""
    _, value = run_request(body, -1, codec)
    pack_value(-1, value, codec, LARGE)
    flush_streams()
    _boxed.rehearse_answer()


def flush_streams() -> None:
    for name in ("stdout", "stderr"):
        # A guest may have closed, replaced or removed them.
        try:
            getattr(sys, name).flush()
        except BaseException:
            continue


def pack_answer(
    call: int, value: Any, codec: Codec, limit: int
) -> tuple[int, bytes]:
    """The kind and body of the answer that brings a value, or says why it
    cannot be sent."""
    chunk = value if type(value) is Chunk else None
    try:
        if "pandas" in modules:
            teach_pandas()
        if chunk is not None:
            return pack_chunk(call, chunk, codec, limit)
        return pack_value(call, value, codec, limit)
    except MemoryError:
        pass  # Without what it was raised in, which holds what was packed.
    except BaseException as error:
        refused = refusal_texts(value, error)
        cut = chunk.before_refused(codec[1]) if chunk else None
        if cut is None:
            return _boxed.FRAME_REFUSED, pack(refused)
        return pack_chunk(call, cut, codec, limit)
    what = "results" if chunk else f"result, a {type_name(type(value))}"
    full = MemoryError(f"no memory was left to send the {what}")
    return _boxed.FRAME_ERROR, pack(exception_texts(full))


def with_note(value: bytes, limit: int) -> tuple[int, bytes]:
    """An answer that brings a value, and where there is room a word on the
    imports that the call has waited for."""
    try:
        note = import_note()
        noted = len(note).to_bytes(2, "little") + note
        if note and len(noted) + len(value) <= min(limit, LARGE):
            return _boxed.FRAME_NOTED, noted + value
    except BaseException:
        pass  # The value matters, and no memory may be left.
    return _boxed.FRAME_VALUE, value


def pack_chunk(
    call: int, chunk: Chunk, codec: Codec, limit: int
) -> tuple[int, bytes]:
    """The same for a chunk: what it tells of a failure has room in any
    limit, or is cut short if values go with it."""
    kind, body = pack_value(call, chunk.parts(), codec, limit)
    if kind != _boxed.FRAME_TOO_LONG or chunk.failure is None:
        return kind, body
    is_refusal = len(chunk.failure) == 2
    if not chunk.done:
        kind = _boxed.FRAME_REFUSED if is_refusal else _boxed.FRAME_ERROR
        return kind, pack(chunk.failure)
    if not is_refusal:
        chunk.failure = cut_to_name(chunk.failure)
    return pack_value(call, chunk.parts(), codec, limit)


def pack_value(
    call: int, value: Any, codec: Codec, limit: int
) -> tuple[int, bytes]:
    """The kind and body of the answer that brings a value."""
    payload = Payload()
    codec[1](value, payload, payload.take_buffer)
    size = payload.size()
    if size > limit:
        return _boxed.FRAME_TOO_LONG, str(size).encode()
    store = _boxed.ask_store(call, size) if size >= LARGE else -1
    if store >= 0:
        try:
            return _boxed.FRAME_STORED, payload.write_to_store(store)
        finally:
            posix.close(store)
    if payload.buffers:
        payload = Payload()
        codec[1](value, payload, None)
    return _boxed.FRAME_VALUE, payload.stream()


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


def each_row(
    function: Any, args: Any, done: Any, kind: Any, lazy: Any
) -> None:
    # Not map(): it ends in silence at a StopIteration of the function.
    for row in zip(*args):
        value = function(*row)
        done(lazy[kind(value)](value) if kind(value) in lazy else value)


EACH = each_row.__code__.replace(co_filename=OWN)
Function: Any = type(each_row)


def run_request(body: bytes, store: int, codec: Codec) -> tuple[int, Any]:
    """Run a request: FRAME_VALUE and what the function returned, or the kind
    and body of another answer."""
    try:
        parts = codec[0](*read_parts(body, store))
        names = dict(zip(NAMES, parts), __name__="__main__")
        names["__builtins__"] = builtins
        is_chunk = len(parts) < len(NAMES)
        del parts
        value = call_each_row(names) if is_chunk else eval(CALL, names)
        if type(value) in LAZY:
            value = LAZY[type(value)](value)
        return _boxed.FRAME_VALUE, value
    except BaseException as error:
        # Before anything that takes memory, as a call of Python's may.
        was_full = _boxed.reserve_was_needed()
        return _boxed.FRAME_ERROR, pack(exception_texts(error, was_full))


def run_coroutine(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def async_items(generator: Any) -> Any:
    async def items() -> list[Any]:
        return [one async for one in generator]

    return run_coroutine(items())


def unfinished() -> dict[type, Any]:
    """By the types of what a function has yet to compute: how that is done."""

    def generator() -> Any:
        yield

    async def async_generator() -> Any:
        yield

    async def coroutine() -> None:
        pass

    one = coroutine()
    one.close()  # One that is forgotten causes a warning.
    return {
        type(generator()): list,
        type(async_generator()): async_items,
        type(one): run_coroutine,
    }


LAZY = unfinished()


def read_parts(body: bytes, store: int) -> Any:
    """A request's stream and buffers."""
    if store < 0:
        return body, ()
    try:
        return read_store(store, body)
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
                dump(one, Payload(), None)
            except BaseException as error:
                return Chunk(self.done[:number], refusal_texts(one, error))
        return None


def call_each_row(names: dict[str, Any]) -> Chunk:
    """Call the function for each row of arguments."""
    done: list[Any] = []
    try:
        each = Function(EACH, names)
        each(names["function"], names["args"], done.append, type, LAZY)
    except BaseException as error:
        was_full = _boxed.reserve_was_needed()
        texts = exception_texts(error, was_full)
        return Chunk(done, [text[:MAX_TEXT] for text in texts])
    return Chunk(done, None)


#: Of a traceback that is told, nothing of these.
OWN_FILES = (
    OWN,
    *(
        one.__code__.co_filename
        for one in (each_row, read_store, CODECS["pickle"])
    ),
    SOURCE_FILE,
)


def raise_stack() -> None:
    """For what tells: the function may have left few frames."""
    setrecursionlimit(max(getrecursionlimit(), FRAMES_NEEDED))


def exception_texts(error: BaseException, was_full: bool = False) -> list[str]:
    """An exception as text, without this package's own frames."""
    raise_stack()
    return exceptions.exception_texts(
        error, OWN_FILES, FULL if was_full else ""
    )
