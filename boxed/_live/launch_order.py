"""The launcher's order on the wire: see src/shared/order.h."""

from __future__ import annotations

import os
from _struct import pack

from .. import _boxed
from .._errors import SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._policy.mounts import Entry


def _words(entry: Entry) -> list[bytes]:
    kind, path, content = entry
    words = [os.fsencode(kind + path)]
    if content is not None:
        words.append(os.fsencode(content))
    return words


# Shown without a mount: links, files and places of modules.
_NO_MOUNT = frozenset("lfpkn")


def _check_size(entries: Sequence[Entry], text: bytes) -> None:
    longest = max(map(len, text.split(b"\0")))
    mounts = sum(entry[0] not in _NO_MOUNT for entry in entries)
    for what, count, most in (
        ("places", len(entries), _boxed.ORDER_MAX_ENTRIES),
        (
            "directories of packages and grants",
            mounts,
            _boxed.ORDER_MAX_MOUNTS,
        ),
        ("bytes of paths", len(text), _boxed.ORDER_MAX_TEXT),
        ("bytes in one path", longest, _boxed.ORDER_MAX_PATH - 1),
    ):
        if count > most:
            from .._policy.advice import advice

            raise SetupError(
                f"what the guest is to be shown is too much: {count} {what},"
                f" of which at most {most} are possible",
                stage="order",
                remedy=advice("fewer places"),
            )


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
    _check_size(entries, text)
    header = pack(
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
