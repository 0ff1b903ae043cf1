"""Orders to the launcher, as a hostile local user would write them: with any
tier, uid, arguments and entries.

Nothing of the package is used, so that a mistake there is not repeated here.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

FULL, UID, ROOTLESS, LANDLOCK = 1, 2, 3, 4
NOBODY = 65534
MAGIC = 0x32305842
#: The longest text of an order, in bytes.
MAX_TEXT = 163840

Entry = tuple[bytes, ...]


def encode(
    argv: Sequence[str | bytes],
    entries: Sequence[Entry] = (),
    tier: int = FULL,
    uid: int = NOBODY,
    header: Mapping[str, int] | None = None,
) -> bytes:
    """An order; HEADER overrides words of its header, sound or not."""
    words = [os.fsencode(word) for word in argv]
    words += [word for entry in entries for word in entry]
    text = b"".join(word + b"\0" for word in words)
    fields = {
        "magic": MAGIC,
        "tier": tier,
        "uid": uid,
        "flags": 0,
        "argc": len(argv),
        "entries": len(entries),
        "text_size": len(text),
        "reserved": 0,
    }
    assert fields.keys() >= (header or {}).keys()
    fields.update(header or {})
    return struct.pack("=8I", *fields.values()) + text


def host_programs() -> list[Entry]:
    """Entries with which a program of the host runs in every tier."""
    made: list[Entry] = [(b"r/usr",), (b"o/etc/ld.so.cache",)]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            made.append((b"l" + bytes(path), bytes(path.readlink())))
        elif path.exists():
            made.append((b"r" + bytes(path),))
    return [*made, (b"d/dev/null",)]


def with_proc(entries: Iterable[Entry]) -> list[Entry]:
    """The same with /proc, for the tiers that make none of their own."""
    return [*entries, (b"r/proc",)]


def order_for(
    tier: int,
    argv: Sequence[str | bytes],
    more: Sequence[Entry] = (),
    uid: int = NOBODY,
) -> bytes:
    """A sound order that runs a program of the host in a tier."""
    entries = [*host_programs(), *more]
    if tier in (UID, LANDLOCK):
        entries = with_proc(entries)
    return encode(argv, entries, tier, uid)
