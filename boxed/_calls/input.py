"""What a guest reads on its descriptor 0: bytes that the caller has whole
before the call, and puts into sealed memory.

No descriptor of the caller's own goes in.  Its holder could seek in it, lock
it, make it non-blocking for all who share it, and open it anew for writing.
"""

from __future__ import annotations

import errno
import io

from .._errors import LimitExceeded
from .._policy.checks import impossible, wrong_type
from .output import is_nowhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Union

    Source = Union[bytes, bytearray, memoryview, str, IO[str], IO[bytes], int]

_EXPECTED = "bytes, text, subprocess.DEVNULL or a file object"
_PIECE = 1 << 20


def check_source(option: str, source: Source | None) -> Any:
    """
    :return: None for nothing to read, bytes, or what has a ``read()``.

    :raises TypeError: it is nothing to read from.
    :raises ValueError: it is a file that cannot be read from, or text that
        is no UTF-8.
    """
    if source is None or is_nowhere(source):
        return None
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, str):
        try:
            return str.encode(source)
        except UnicodeEncodeError:
            raise impossible(option, "text that is UTF-8", source) from None
    if isinstance(source, type) or not callable(getattr(source, "read", None)):
        raise wrong_type(option, _EXPECTED, source)
    if isinstance(source, io.IOBase) and not _is_readable(source):
        raise impossible(option, "a file that can be read from", source)
    return source


def _is_readable(source: io.IOBase) -> bool:
    # Others inherit a word about themselves that need not be true.
    is_librarys = type(source).__module__ in ("_io", "io")
    return not source.closed and (not is_librarys or source.readable())


def read_input(source: Any, most: int) -> bytes | None:
    """All of what was checked; a file from where it is.

    :param most: bytes that there may be.

    :raises LimitExceeded: there are more.
    """
    if source is None or type(source) is bytes:
        data: bytes | None = source
    else:
        data = b"".join(_pieces(source, most))
    if data is not None and len(data) > most:
        raise LimitExceeded(
            f"stdin has more than {most} bytes, see Limits(request=...)",
            "request",
        )
    # As if there were none, which costs nothing.
    return data or None


def _pieces(source: Any, most: int) -> list[bytes]:
    """A little more than the most, where there is so much."""
    pieces: list[bytes] = []
    left = most + 1
    while left > 0:
        piece = source.read(min(left, _PIECE))
        if isinstance(piece, str):
            piece = piece.encode("utf-8", "surrogateescape")
        if piece is None:
            raise BlockingIOError(
                errno.EAGAIN, "stdin= is a file that does not wait for data"
            )
        if not piece:
            break
        pieces.append(bytes(piece))
        left -= len(piece)
    return pieces
