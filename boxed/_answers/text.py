"""Text that a guest chose, made fit for a terminal and for a log."""

from __future__ import annotations

_CONTROLS = {
    code: f"\\x{code:02x}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\t\n"
}
# Directional overrides and line separators reorder or hide what is shown.
_CONTROLS |= {
    code: f"\\u{code:04x}"
    for code in (
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0x2028,
        0x2029,
    )
}


def printable(text: str, limit: int = 65536) -> str:
    """The text with control characters escaped, cut to limit characters.

    :param text: what a guest sent; lone surrogates are allowed.
    :param limit: length in characters after which the rest is dropped.
    """
    cut = text[:limit]
    # In no text that is printable in Python's sense is there anything to
    # escape; most texts are, but for the ends of their lines.
    if not cut.replace("\n", "").isprintable():
        cut = cut.encode("utf-8", "backslashreplace").decode("utf-8")
        cut = cut.translate(_CONTROLS)
    return cut if len(text) <= limit else cut + "[...]"


def unpack(data: bytes, count: int, more: int = 0) -> list[str]:
    """The texts of a packed answer, printable.

    :param count: how many there must be.
    :param more: how many may follow them.

    :raises ValueError: the data is not that many texts.
    """
    texts: list[str] = []
    at = 0
    while len(texts) < count or (at < len(data) and len(texts) < count + more):
        start = at + 4
        at = start + int.from_bytes(data[at:start], "little")
        if not start <= at <= len(data):
            raise ValueError("a text is cut short")
        text = data[start:at].decode("utf-8", "backslashreplace")
        texts.append(printable(text))
    if at < len(data):
        raise ValueError("there is more than was announced")
    return texts
