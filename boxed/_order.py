"""The launcher's order on the wire: see src/shared/order.h."""

from __future__ import annotations

import os
import struct

from . import _boxed
from ._errors import SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._trees import Entry


def _words(entry: Entry) -> list[bytes]:
    kind, path, content = entry
    words = [os.fsencode(kind + path)]
    if content is not None:
        words.append(os.fsencode(content))
    return words


def encode(
    tier: int,
    uid: int,
    argv: Sequence[str],
    entries: Sequence[Entry],
    *,
    network: bool,
) -> bytes:
    """One order as bytes.

    :raises SetupError: it is larger than the launcher accepts.
    """
    words = [os.fsencode(word) for word in argv]
    for entry in entries:
        words += _words(entry)
    text = b"".join(word + b"\0" for word in words)
    if (
        len(text) > _boxed.ORDER_MAX_TEXT
        or len(entries) > _boxed.ORDER_MAX_ENTRIES
    ):
        raise SetupError(
            f"the import path has {len(entries)} places of {len(text)} bytes;"
            f" at most {_boxed.ORDER_MAX_ENTRIES} of"
            f" {_boxed.ORDER_MAX_TEXT} bytes are possible",
            stage="order",
            remedy="shorten sys.path",
        )
    header = struct.pack(
        "=8I",
        _boxed.ORDER_MAGIC,
        tier,
        uid,
        _boxed.ORDER_NETWORK if network else 0,
        len(argv),
        len(entries),
        len(text),
        0,
    )
    return header + text
