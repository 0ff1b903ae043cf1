"""What a guest prints, on its way to where the caller wants it."""

from __future__ import annotations

import codecs
import io
import sys

from .._errors import LimitExceeded
from .._policy.checks import impossible, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO, Any, Union

    #: As the options of run(): None is the caller's own stream of the moment.
    Target = Union[IO[str], IO[bytes], Callable[[str], object], int, str, None]

#: subprocess.DEVNULL, without that import.
DEVNULL = -3
#: What is printed is kept, as text: see Streams.captured().
CAPTURE = "capture"
_NAMES = ("stdout", "stderr")


def check_target(option: str, target: Target) -> Target:
    """
    :raises TypeError: it is nothing to write to.
    :raises ValueError: it is a file that cannot be written to.
    """
    if target is None or is_nowhere(target):
        return target
    if isinstance(target, str) and str.__str__(target) == CAPTURE:
        return CAPTURE
    expected = (
        "None, 'capture', subprocess.DEVNULL, a file object or a function"
    )
    # A class has the method too, and nothing to write to.
    is_class = isinstance(target, type)
    if is_class or not (_is_file(target) or callable(target)):
        raise wrong_type(option, expected, target)
    if isinstance(target, io.IOBase) and not _is_writable(target):
        raise impossible(option, "a file that can be written to", target)
    return target


def _is_file(target: object) -> bool:
    return callable(getattr(target, "write", None))


def is_nowhere(target: object) -> bool:
    """Whether it is DEVNULL; no file's own ``__eq__`` is asked."""
    return type(target) is int and target == DEVNULL


def _is_writable(target: io.IOBase) -> bool:
    # Others inherit a word about themselves that need not be true.
    is_librarys = type(target).__module__ in ("_io", "io")
    return not target.closed and (not is_librarys or target.writable())


class Streams:
    """Both streams of one call, which go where they are to as they come.

    A text file or a function gets UTF-8 as text; other bytes, and control
    characters, arrive as backslash escapes, so nothing reaches a terminal but
    text.  A binary file gets the very bytes.

    :param limit: bytes of each stream.
    :param targets: where stdout and stderr go.

    :ivar target_failed: whether what a target raised has ended the call.
    """

    target_failed = False

    def __init__(
        self, limit: int, targets: tuple[Target, Target] = (None, None)
    ) -> None:
        self._limit = limit
        self._targets = targets
        self._decoders: list[codecs.IncrementalDecoder | None] = [None, None]
        self._left = [limit, limit]
        # In one piece: a guest can print in as many as it likes.
        self._kept = (bytearray(), bytearray())

    def write(self, stream: int, data: bytes) -> None:
        """Take in bytes of a stream: 0 is stdout, 1 is stderr.

        :raises LimitExceeded: it printed more than its limit;
            what came before has gone where it was to.
        """
        kept = self._within(stream, data)
        self._forward(stream, kept, final=len(kept) < len(data))
        if len(kept) < len(data):
            raise LimitExceeded(
                f"the call printed more than {self._limit} bytes to"
                f" {_NAMES[stream]}",
                "output",
                self._limit,
                self._limit - len(kept) + len(data),
            )

    @property
    def taken(self) -> int:
        """Bytes of both that were forwarded."""
        return 2 * self._limit - sum(self._left)

    def finish(self, rest: Iterable[tuple[int, bytes]] = ()) -> None:
        """Take in the last there is, and what a cut-off multi-byte character
        has held back.

        :param rest: what was found when the call had ended for another
            reason; what is beyond the limit is dropped.
        """
        for stream, data in rest:
            self._forward(stream, self._within(stream, data), final=False)
        for stream, decoder in enumerate(self._decoders):
            if decoder is not None:
                self._forward(stream, b"", final=True)

    def captured(self, stream: int) -> str | None:
        """The text that a stream has had so far, in the form that a text file
        would have got; None if it goes elsewhere.

        It is there however the call ended.
        """
        if self._targets[stream] is not CAPTURE:
            return None
        return _shown(self._kept[stream].decode("utf-8", "backslashreplace"))

    def _within(self, stream: int, data: bytes) -> bytes:
        kept = data[: self._left[stream]]
        self._left[stream] -= len(kept)
        return kept

    def _forward(self, stream: int, data: bytes, *, final: bool) -> None:
        target: Any = self._targets[stream]
        if target is CAPTURE:
            self._kept[stream].extend(data)
            return
        if is_nowhere(target):
            return
        is_given = target is not None
        if not is_given:
            target = getattr(sys, _NAMES[stream])
        elif _is_binary(target):
            self._give(_write_bytes, target, data)
            return
        decoder = self._decoders[stream]
        if decoder is None:
            decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
            self._decoders[stream] = decoder
        text = _shown(decoder.decode(data, final))
        if text and target is not None:
            is_function = is_given and not _is_file(target)
            self._give(_tell if is_function else _write_text, target, text)

    def _give(
        self, write: Callable[[Any, Any], None], target: Any, piece: Any
    ) -> None:
        try:
            write(target, piece)
        except BaseException:
            self.target_failed = True
            raise


def _shown(text: str) -> str:
    """All of it: how much there may be was bounded in bytes."""
    from .._answers.text import printable

    return printable(text, len(text))


def _is_binary(target: object) -> bool:
    """Wrappers, such as tempfile's, are of neither class but have a mode;
    those of codecs have the mode of what they encode for."""
    if isinstance(target, (io.RawIOBase, io.BufferedIOBase)):
        return True
    if getattr(target, "encoding", None) is not None:
        return False
    return "b" in str(getattr(target, "mode", ""))


def _write_bytes(target: Any, data: bytes) -> None:
    """All of them: an unbuffered file may take a part only."""
    while data:
        written = target.write(data)
        if not isinstance(written, int) or written >= len(data):
            return
        data = data[written:]


def _tell(target: Any, text: str) -> None:
    target(text)


def _write_text(target: object, text: str) -> None:
    write = getattr(target, "write", None)
    if write is None:
        return
    try:
        write(text)
    except UnicodeEncodeError:
        encoding = getattr(target, "encoding", None) or "ascii"
        write(text.encode(encoding, "backslashreplace").decode(encoding))
