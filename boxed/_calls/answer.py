"""From a worker's answer to the value that it brings."""

from __future__ import annotations

from .. import _boxed
from .._answers.value import DecodingTimeout, decode
from .._errors import ProtocolError
from .._wire.payload import read_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Exchange


_VALUES = (_boxed.FRAME_VALUE, _boxed.FRAME_NOTED, _boxed.FRAME_STORED)


def read(exchange: Exchange, kind: int, body: bytes, store: int) -> Any:
    """The value.

    :param kind: of the answer's frame.
    :param store: the one that the worker was given for it, or -1.

    :raises BoxedError: it brings none, or none that can be read.
    """
    stream: bytes | memoryview = body
    buffers: list[memoryview] = []
    if kind == _boxed.FRAME_STORED:
        stream, buffers = _open(store, body)
    elif kind == _boxed.FRAME_NOTED:
        stream = _without_note(exchange, body)
    exchange.result_bytes = len(stream)
    for buffer in buffers:
        exchange.result_bytes += len(buffer)
    if kind not in _VALUES:
        from .causes import of_answer

        raise of_answer(exchange, kind, body)
    try:
        return decode(
            exchange.policy.serializer,
            stream,
            exchange.reading.within(exchange.terms.limits.memory),
            buffers=buffers,
            deadline=exchange.deadline / 1e9,
        )
    except DecodingTimeout:
        raise exchange.timeout_error() from None


def _open(store: int, sizes: bytes) -> tuple[memoryview, list[memoryview]]:
    """The parts of an answer in a store.

    Once sealed it stays as it is, whatever still lives of the worker.
    """
    try:
        _boxed.seal_store(store)
        return read_store(store, sizes)
    except (OSError, ValueError) as error:
        from .._live.remedies import is_shortage

        if isinstance(error, OSError) and is_shortage(error.errno or 0):
            # Of the caller's, who has to map it.
            raise
        raise ProtocolError(
            f"the answer is not as it was announced: {error}"
        ) from None


def _without_note(exchange: Exchange, body: bytes) -> memoryview:
    """A value before which the guest has said what it imported."""
    from .._answers.import_note import split_note
    from .._live import log

    try:
        times, value = split_note(body)
    except ValueError as error:
        raise ProtocolError(f"the answer is malformed: {error}") from None
    log.imported(times, exchange.wall_time())
    return value
