"""What travels either way: a serialised stream, and large buffers beside it.

A small payload goes over the call socket.  A large one goes in a store, memory
whose descriptor does: written once, by the side that sends it, and mapped by
the other.  Loaded in the caller and in the sandbox; imports nothing new, and
not os, which a new interpreter there has not loaded.
"""

from __future__ import annotations

import builtins

from boxed import _boxed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A guest may take away from the builtins what this needs.
globals()["__builtins__"] = dict(vars(builtins))

#: Bytes from which on a buffer stays out of the stream, and a payload goes in
#: a store.  Below, asking for one takes longer than it saves.
LARGE = 1 << 20
#: Where a buffer begins in a store: at a multiple of this, the largest that
#: processors ask of their vector registers.
ALIGNMENT = 64


def aligned(at: int) -> int:
    return -(-at // ALIGNMENT) * ALIGNMENT


class Payload:
    """What a pickler writes to, in place of a file.

    It keeps what it is given: picklers hand large bytes over as they are,
    which are then copied once, into the store.

    :ivar pieces: the stream.
    :ivar buffers: what protocol 5 leaves out of it.
    :ivar store: the store it is in, once it is stored; else -1.
    :ivar sizes: of its parts there, as the other side is told.
    """

    __slots__ = ("buffers", "pieces", "sizes", "store")

    def __init__(self) -> None:
        self.pieces: list[bytes | memoryview] = []
        self.buffers: list[memoryview] = []
        self.store = -1
        self.sizes = b""

    def write(self, piece: Any) -> None:
        """As a file's: bytes, a bytearray, a view or a PickleBuffer."""
        if type(piece) is not bytes:
            raw = getattr(piece, "raw", None)
            piece = memoryview(piece) if raw is None else raw()
        self.pieces.append(piece)

    def take_buffer(self, buffer: Any) -> bool:
        """A pickler's buffer_callback: whether to put it into the stream."""
        raw = buffer.raw()
        # The stream is a part too.
        many = len(self.buffers) + 2 > _boxed.FRAME_MAX_PARTS
        if raw.nbytes < LARGE or many:
            return True
        self.buffers.append(raw)
        return False

    def size(self) -> int:
        """Bytes of all, as they lie in a store."""
        # Not by sum(): a guest may have one of its own.
        size = 0
        for piece in self.pieces:
            size += len(piece)
        for buffer in self.buffers:
            size = aligned(size) + buffer.nbytes
        return size

    def stream(self) -> bytes:
        """The stream as one; for a payload without buffers."""
        return b"".join(self.pieces)

    def write_to_store(self, store: int) -> bytes:
        """Write it to a store of its size; return the sizes of its parts."""
        at = 0
        for piece in self.pieces:
            _boxed.write_store(store, at, piece)
            at += len(piece)
        sizes = [at]
        for buffer in self.buffers:
            at = aligned(at)
            _boxed.write_store(store, at, buffer)
            at += buffer.nbytes
            sizes.append(buffer.nbytes)
        return b"".join(size.to_bytes(8, "little") for size in sizes)

    def move_to_store(self) -> bool:
        """Put it into a store of its own, in the caller.

        :return: whether there could be one; if not, it is as it was.
        """
        try:
            _boxed.new_store(self.size(), self)
            self.sizes = self.write_to_store(self.store)
            _boxed.seal_store(self.store)
        except OSError:
            # An old kernel, a limit on files, or no memory left.
            self.close()
        return self.store >= 0

    def close(self) -> None:
        """Let the store go; the other side has its own hold on it.

        A payload that is forgotten does it too: a chunk's call may never be.
        """
        _boxed.close_store(self)

    def __del__(self) -> None:
        self.close()


def read_store(
    store: int, table: bytes
) -> tuple[memoryview, list[memoryview]]:
    """The stream and the buffers in a sealed store; they share its mapping.

    :raises ValueError: these are not the sizes of what it holds.
    """
    if len(table) % 8 != 0:
        raise ValueError("its sizes are cut short")
    whole = memoryview(_boxed.Memory(store))
    parts, at = [], 0
    for start in range(0, len(table), 8):
        size = int.from_bytes(table[start : start + 8], "little")
        at = aligned(at)
        parts.append(whole[at : at + size])
        at += size
    if at != len(whole):
        raise ValueError("its parts are not as long as it says")
    return parts[0], parts[1:]
